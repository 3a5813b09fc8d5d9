// Adds one job to the queue `notifications`: an order for somebody, who is told on WhatsApp.
//
//   REDIS_URL=localhost:6379 dotnet run -- 4711 WO-7 E-2037 "Check belt"
//
// With the package `BullMQ` for .NET. A job needs no options: what must not happen twice is in idempotencyKey.

using BullMQ;

if (args.Length != 4)
{
    Console.Error.WriteLine("dotnet run -- <assignment id> <number> <assignee> <title>");
    return 2;
}

var (assignmentId, number, assignee, title) = (args[0], args[1], args[2], args[3]);
var redis = Environment.GetEnvironmentVariable("REDIS_URL") ?? "localhost:6379";
var tenant = Environment.GetEnvironmentVariable("TENANT") ?? "default";

// The CMMS's own id of this assignment: a new one each time that somebody is assigned. Made of the order and the person
// alone, the key of a second assignment to the same person would be that of the first, and nobody would be told; and a
// corrected title under a key that was used is refused.
var idempotencyKey = $"assignment-{assignmentId}";

await using var queue = new Queue("notifications", new QueueOptions
{
    Connection = ConnectionOptions.FromString(redis),
    Prefix = "rbm",
});
await queue.AddAsync("work-order.assigned", new
{
    schemaVersion = 1,
    tenant,
    idempotencyKey,
    workOrder = new { number, title, priority = "high" },
    assignee,
});

// GET /api/v1/notifications/{idempotencyKey} tells what became of it.
Console.WriteLine(idempotencyKey);
return 0;
