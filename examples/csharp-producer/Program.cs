// Adds one job to the queue `notifications`: an order for somebody, who is told on WhatsApp.
//
//   REDIS_URL=localhost:6379 dotnet run -- WO-7 E-2037 "Check belt"
//
// With the package `BullMQ` for .NET. A job needs no options: what must not happen twice is in idempotencyKey.

using BullMQ;

if (args.Length != 3)
{
    Console.Error.WriteLine("dotnet run -- <number> <assignee> <title>");
    return 2;
}

var (number, assignee, title) = (args[0], args[1], args[2]);
var redis = Environment.GetEnvironmentVariable("REDIS_URL") ?? "localhost:6379";
var tenant = Environment.GetEnvironmentVariable("TENANT") ?? "default";

// The key says which assignment this is: added twice, it is done once. Keep it with the assignment in the CMMS.
var idempotencyKey = $"assign-{number}-{assignee}-1";

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
