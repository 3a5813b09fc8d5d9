import type { OrderStatus } from '../domain/work-order.ts';
import type { Language } from './language.ts';
import { plural } from './layout.ts';

const priorities = { low: 'Baja', medium: 'Media', high: 'Alta', critical: 'Crítica' };

const statuses = {
  open: 'abierta',
  assigned: 'sin aceptar',
  acknowledged: 'aceptada',
  in_progress: 'en curso',
  delayed: 'retrasada',
  completed: 'terminada',
  cancelled: 'cancelada',
};

const statusesOfSeveral: Record<OrderStatus, string> = {
  open: 'abiertas',
  assigned: 'sin aceptar',
  acknowledged: 'aceptadas',
  in_progress: 'en curso',
  delayed: 'retrasadas',
  completed: 'terminadas',
  cancelled: 'canceladas',
};

const steps: Record<string, string> = {
  'work_order.acknowledged': 'aceptación',
  'work_order.started': 'comienzo',
  'work_order.resumed': 'reanudación',
  'work_order.completed': 'cierre',
  'work_order.delayed': 'retraso',
  'work_order.noted': 'nota',
  'work_order.escalated': 'escalamiento',
  'work_order.escalated.taken': 'toma de la escalada',
  'work_order.noted.need': 'pedido',
  'work_order.noted.taken': 'toma del pedido',
  'work_order.confirmed': 'confirmación',
  'work_order.attachment': 'archivo adjunto',
  'alert.claimed': 'ir a atenderla',
  'alert.released': 'dejar de ir',
  'alert.escalated': 'escalamiento',
  'alert.resolved': 'cierre de la alerta',
};

export const es: Language = {
  vocabulary: {
    words: {
      'MY WORK': ['MIS TRABAJOS', 'MI TRABAJO', 'MIS ÓRDENES', 'MIS ORDENES'],
      PENDING: ['PENDIENTES'],
      STATUS: ['ESTADO'],
      ACK: ['ACEPTAR', 'ACEPTO'],
      START: ['INICIAR', 'EMPEZAR', 'COMENZAR'],
      COMPLETE: ['TERMINAR', 'COMPLETAR', 'FINALIZAR'],
      NOTE: ['NOTA'],
      DELAY: ['RETRASO', 'DEMORA'],
      ESCALATE: ['ESCALAR'],
      RESPONDING: ['VOY'],
      CONFIRM: ['CONFIRMAR', 'CONFIRMO'],
      HELP: ['AYUDA', 'MENÚ'],
      NEED: ['NECESITO'],
      UNDO: ['DESHACER'],
      MORE: ['MÁS', 'MAS', 'VER MÁS', 'VER MAS'],
      STOP: ['PAUSAR'],
    },
    hints: {
      // As near to the English PAUSE as to PAUSAR.
      PAUSA: ['STOP'],
      FIN: ['COMPLETE', 'STOP'],
      SALIR: ['COMPLETE', 'STOP'],
      CANCELAR: ['UNDO', 'STOP'],
      PARAR: ['DELAY', 'STOP'],
      DETENER: ['DELAY', 'STOP'],
      LISTO: ['COMPLETE'],
      LISTA: ['MY WORK', 'COMPLETE'],
      HECHO: ['COMPLETE'],
      RECIBIDO: ['ACK'],
      ENTENDIDO: ['ACK'],
      REANUDAR: ['START'],
      SEGUIR: ['START'],
      CONTINUAR: ['START', 'MORE'],
      TRABAJOS: ['MY WORK'],
      ÓRDENES: ['MY WORK'],
      ORDENES: ['MY WORK'],
    },
    number: '{número}',
    all: ['TODAS', 'TODAS ELLAS', 'TODO', 'TODOS'],
  },
  takes: { NOTE: '{texto}', DELAY: '{motivo}', NEED: '{qué}', ESCALATE: '{motivo}' },
  priorities,
  orderKinds: { corrective: 'Correctivo', preventive: 'Preventivo' },
  statuses,
  attachments: {
    image: (count) => plural(count, 'foto', 'fotos'),
    audio: (count) => plural(count, 'nota de voz', 'notas de voz'),
    video: (count) => plural(count, 'video', 'videos'),
    document: (count) => plural(count, 'documento', 'documentos'),
    contact: (count) => plural(count, 'contacto', 'contactos'),
    location: (count) => plural(count, 'ubicación', 'ubicaciones'),
  },
  needs: { hand: 'una mano', part: 'un repuesto', permit: 'un permiso' },

  noAsset: 'sin equipo',
  noDate: 'sin fecha',
  noDueDate: 'Sin fecha de vencimiento',
  and: 'y',
  due: (day) => `vence ${day}`,
  dueToday: 'Vence hoy',
  dueIn: (days) => `Vence en ${plural(days, 'día', 'días')}`,
  overdueBy: (days) => `Vencida hace ${plural(days, 'día', 'días')}`,
  now: (status) => `Ahora está ${statuses[status]}.`,
  step: (type) => steps[type] ?? 'cambio',
  others: (count, { say }) =>
    `${plural(count, 'otra orden espera', 'otras órdenes esperan')}: ${say('MY WORK')}`,
  told: (names) => `Se avisó a: ${names}`,
  nobodyTold: {
    planner: 'No se pudo avisar a ningún planificador: llame, por favor.',
    supervisor: 'No se pudo avisar a ningún supervisor: llame, por favor.',
  },
  andMore: (left) => `y ${left} más`,
  andMoreHere: (left, { say }) => `y ${left} más: envíe ${say('MORE')}`,
  andMoreInMyWork: (left, { say }) => `y ${left} más: ${say('MY WORK')}`,

  next: ({ say, on }) => ({
    ackOrStart: `Siguiente paso: ${on('ACK')} o ${on('START')}.`,
    confirmOrStart: `Siguiente paso: ${on('CONFIRM')} si la fecha le conviene, ${on('START')} cuando comience.`,
    start: `Siguiente paso: ${on('START')}.`,
    startWhenYouBegin: `Siguiente paso: ${on('START')} cuando comience.`,
    startWhenYouGoOn: `Siguiente paso: ${on('START')} cuando continúe.`,
    startToResume: `Siguiente paso: ${on('START')} para continuar, o ${on('COMPLETE')}.`,
    work: `Siguiente paso: ${on('NOTE')} durante el trabajo, ${on('COMPLETE')} al finalizar.`,
    note: `Siguiente paso: ${on('NOTE')} o ${on('COMPLETE')}.`,
    noteOrDelay: `Siguiente paso: ${on('NOTE')}, ${on('DELAY')} o ${on('COMPLETE')}.`,
    noteOrWait: `Siguiente paso: ${on('NOTE')}, o ${on('DELAY')} si debe esperar.`,
    complete: `Siguiente paso: ${on('COMPLETE')} al finalizar.`,
    whatIsLeft: `${say('MY WORK')} muestra lo que queda.`,
    yourOrders: `${say('MY WORK')} muestra sus órdenes.`,
    listOfOrders: `${say('MY WORK')} muestra sus órdenes.`,
    allCommands: `${say('HELP')} muestra todos los comandos.`,
  }),

  replies: {
    acknowledged: 'Aceptada',
    already: (status) => `Sin cambios: ya está ${statuses[status]}`,
    started: 'Iniciada',
    resumedWork: 'Reanudada',
    staysPaused: ({ say }) => `Los avisos siguen en pausa: envíe solo ${say('START')} para reactivarlos.`,
    completed: 'Terminada',
    thanks: 'Gracias.',
    notStarted: {
      head: 'No se terminó: todavía no está iniciada',
      next: ({ on, withNumber }) => `Envíe primero ${withNumber('START')} y después ${on('COMPLETE')}.`,
    },
    confirmed: 'Confirmada',
    alreadyConfirmed: 'Sin cambios: ya está confirmada',
    notScheduled: {
      head: 'Sin cambios: solo se confirma el mantenimiento programado',
      next: ({ withNumber }) => `Para esta orden: ${withNumber('ACK')} o ${withNumber('START')}.`,
    },
    noted: 'Nota guardada',
    delayed: 'Retrasada',
    alreadyDelayed: {
      head: 'Sin cambios: ya está retrasada',
      next: ({ on }) => `${on('NOTE')} agrega algo al motivo, ${on('START')} reanuda el trabajo.`,
    },
    notAcknowledged: {
      head: 'No se registró el retraso: todavía no está aceptada',
      next: ({ on, withNumber }) => `Envíe primero ${withNumber('ACK')} y después ${on('DELAY')}.`,
    },
    escalated: {
      head: 'Escalada',
      noOrder: 'No se indicó ninguna orden: diga dónde está.',
      next: 'Le avisaremos cuando alguien la tome.',
    },
    needed: 'Pedido enviado',
    needsText: {
      NOTE: [
        'Todavía no se guardó nada: ¿qué debe decir la nota?',
        'Envíelo ahora, por ejemplo: sello reemplazado',
      ],
      DELAY: [
        'Todavía no cambió nada: ¿cuál es el motivo del retraso?',
        'Envíelo ahora, por ejemplo: espero un repuesto',
      ],
      NEED: ['Todavía no se pidió nada: ¿qué necesita?', 'Envíelo ahora, por ejemplo: otra persona'],
    },
    whatDoYouNeed: {
      head: (number) => `¿Qué necesita para ${number}?`,
      lines: ['1 una mano', '2 un repuesto', '3 un permiso', 'Responda 1, 2 o 3, o diga qué.'],
      commands: (words, { say }) => `Comandos: ${words}. ${say('HELP')} sola los explica.`,
    },
    noAlert: 'Sin cambios: no hay ninguna alerta abierta para usted.',
    alertState: {
      open: 'Todavía no va nadie.',
      mine: (at) => `Usted va en camino, desde las ${at}.`,
      taken: (by, at) => `${by} va en camino, desde las ${at}.`,
      resolved: (at) => `Resuelta a las ${at}.`,
    },
    alertStateInList: {
      open: 'todavía no va nadie',
      mine: 'usted va en camino',
      taken: (by) => `${by} va en camino`,
      resolved: 'resuelta',
    },
    alertSince: (at) => `Desde las ${at}`,
    alertTaken: {
      head: 'Usted va en camino',
      told: (names) => `Se avisó que usted va: ${names}`,
      next: ({ say, on }) =>
        `Siguiente paso: ${on('COMPLETE')} al resolverla, ${say('ESCALATE')} si no puede.`,
      others: (count, { say }) =>
        `${plural(count, 'otra alerta abierta', 'otras alertas abiertas')}: ${say('MY WORK')}`,
      missed: 'Sin cambios para:',
    },
    alertNotTaken: {
      mine: (at) => `Sin cambios: usted ya va en camino, desde las ${at}`,
      taken: (by, at) => `Sin cambios: ${by} va en camino, desde las ${at}`,
      resolved: (at) => `Sin cambios: ya está resuelta, desde las ${at}`,
      help: ({ say }) => `${say('ESCALATE')} avisa a un supervisor.`,
    },
    alertResolved: {
      head: 'Resuelta',
      told: (names) => `Se avisó a: ${names}`,
    },
    alertNotResolved: {
      open: 'No se resolvió: todavía no va nadie',
      taken: (by, at) => `No se resolvió: ${by} va en camino, desde las ${at}`,
      respondFirst: ({ say, on }) =>
        `Si fue usted, envíe primero ${say('RESPONDING')} y después ${on('COMPLETE')}.`,
      byHim: (by) => `Solo ${by} puede darla por resuelta.`,
    },
    alertEscalated: {
      head: 'Escalada',
      released: 'Escalada: usted ya no va',
      next: 'Le avisaremos cuando lo lean.',
    },
    alertTakes: {
      command: (command) =>
        `Sin cambios: ${command ?? 'eso'} es para órdenes de trabajo, y esto es una alerta`,
      thumb: (thumb) => `Sin cambios: ${thumb ?? 'un pulgar arriba'} no dice que usted va`,
      kept: 'Una alerta no guarda archivos adjuntos',
      open: ({ say }) => `${say('RESPONDING')} si va, ${say('ESCALATE')} si necesita un supervisor.`,
      mine: ({ say, on }) => `${on('COMPLETE')} al resolverla, ${say('ESCALATE')} si no puede.`,
    },
    whichAlert: {
      head: 'Sin cambios: ¿cuál?',
      leftOver: (given) => `Sin cambios: “${given}” no es ninguna de estas. ¿A cuál se refiere?`,
      all: 'Todas',
    },
    alertStaysEscalated: 'No se deshizo nada: quienes fueron avisados siguen avisados',
    alertChangedSince: {
      head: (by) => `No se deshizo nada: ${by ?? 'el sistema de mantenimiento'} la cambió después`,
    },
    callTaken: {
      head: (what) => `Usted se encarga: ${what}`,
      told: (name) => `Se avisa a ${name} que usted se encarga.`,
      nobody: 'Ahora no está asignada a nadie.',
    },
    callTakenBefore: (by) => `Sin cambios: ${by} ya se encarga`,
    undone: {
      head: (what) => `Deshecho: ${what}`,
      next: ({ say }) => `${say('UNDO')} otra vez deshace el cambio anterior.`,
    },
    nothingToUndo: 'Sin cambios: no hay ningún cambio suyo para deshacer.',
    tooLateToUndo: {
      head: (at, { say }) =>
        `Sin cambios: su último cambio (${at}) ya no se puede deshacer; ${say('UNDO')} funciona durante 10 minutos.`,
      next: ({ on }) => `${on('NOTE')} le dice al planificador qué está mal.`,
    },
    changedSince: {
      head: (by) => `No se deshizo nada: ${by ?? 'el planificador'} la cambió después`,
      next: ({ withNumber }) => `${withNumber('STATUS')} muestra cómo está ahora.`,
    },
    alertsWaiting: (count) => `Alertas (${count})`,
    myWork: {
      none: 'No tiene órdenes de trabajo abiertas.',
      head: (count) => `Sus órdenes de trabajo (${count})`,
      foot: ({ withNumber }) => `Responda con un comando y el número, por ejemplo: ${withNumber('START')}`,
    },
    pending: {
      none: ({ say }) =>
        `Ninguna orden espera una acción suya. ${say('MY WORK')} muestra lo que tiene en curso.`,
      head: (count) => `Esperan una acción suya (${count})`,
      foot: ({ say, withNumber }) =>
        `${say('ACK')}, ${say('CONFIRM')} o ${say('START')} con el número, por ejemplo: ${withNumber('START')}`,
    },
    counts: {
      head: (count) => `Sus órdenes (${count})`,
      line: (count, status) => plural(count, statuses[status], statusesOfSeveral[status]),
      foot: ({ say }) =>
        `${say('STATUS')} y un número muestra una orden completa; ${say('MY WORK')}, la lista.`,
    },
    orderDetail: {
      escalated: 'escalada',
      due: (day) => `Vence: ${day}`,
      scheduled: (when) => `Programada: ${when}`,
      readOn: ({ say }) => `envíe ${say('MORE')} para seguir leyendo`,
    },
    noMore: ({ say }) => `No hay nada más que mostrar. ${say('MY WORK')} vuelve a empezar.`,
    help: {
      head: (name) => `${name}, estos son los comandos:`,
      commands: ({ say }, bold) => ({
        'MY WORK': 'sus órdenes, primero lo más próximo',
        PENDING: 'lo que espera una acción suya',
        STATUS: 'cuántas hay; con un número: esa orden completa',
        ACK: 'acusar recibo',
        START: 'comenzar o reanudar el trabajo',
        COMPLETE: 'marcar como terminada',
        NOTE: 'agregar una nota',
        DELAY: 'informar un retraso',
        CONFIRM: 'aceptar un mantenimiento programado',
        NEED: 'pedir una mano, un repuesto, un permiso',
        ESCALATE: 'llamar a su supervisor',
        RESPONDING: 'atender una alerta',
        UNDO: 'deshacer su último cambio',
        MORE: 'seguir con la última lista',
        HELP: 'esto; como respuesta a una orden: pedir lo que falta',
        STOP: `pausar los avisos, ${bold(say('START'))} los reactiva`,
      }),
      byNumber: 'esto; con un número: pedir lo que falta para esa orden',
      attachments: 'Las fotos, notas de voz y ubicaciones se guardan con su orden.',
      foot: ({ withNumber }) =>
        `Agregue el número si tiene varias órdenes, por ejemplo: ${withNumber('ACK')}. Basta el final del número.`,
      footByNumber: 'Basta el final de un número, salvo delante de un texto.',
    },
    paused: {
      head: 'Los avisos están en pausa.',
      already: 'Los avisos ya estaban en pausa.',
      next: 'Las alertas críticas siguen llegando y sus comandos reciben respuesta.',
      resume: ({ say }) => `${say('START')}, solo, los reactiva.`,
    },
    resumed: {
      none: 'Los avisos están activos otra vez. No se perdió ninguno.',
      head: (count, bold) =>
        `${bold('Los avisos están activos otra vez.')} No se enviaron mientras tanto (${count}):`,
      foot: ({ withNumber }) => `Para comenzar un trabajo, envíe ${withNumber('START')}.`,
    },
    cutOff: {
      head: (given) =>
        `Los mensajes de texto para usted están desactivados, porque envió “${given}” por ahí.`,
      paused: 'Aquí los avisos también están en pausa; las alertas críticas siguen llegando.',
      next: 'Sus órdenes están como antes, y aquí siguen llegando los mensajes.',
      again: 'Para recibir mensajes de texto otra vez, envíe “Start” por mensaje de texto.',
    },
    nothingToDo: {
      head: 'Sin cambios: no tiene órdenes de trabajo abiertas',
      so: (command) => `, así que no hay ninguna para ${command}`,
    },
    noSuchOrder: {
      head: (given) => `Sin cambios: ${given} no está entre sus órdenes.`,
      next: ({ say }) => `${say('MY WORK')} las muestra.`,
    },
    orderMoved: {
      head: (holder) =>
        `Sin cambios: ${holder === null ? 'ya no está asignada a usted' : `ahora la tiene ${holder}`}`,
      moved: (by, at) => `La reasignó ${by ?? 'el planificador'} (${at}).`,
    },
    whichOrder: {
      head: 'Sin cambios: ¿qué orden?',
      kept: 'Guardado, pero ¿para qué orden?',
      leftOver: (given) => `Sin cambios: “${given}” no es ninguna de sus órdenes. ¿A cuál se refiere?`,
      foot: 'Responda con su número en esta lista.',
      footFor: (command) => `Responda con su número en esta lista para ${command}.`,
      footOr: (command) => `Responda con su número en esta lista, o envíe ${command}.`,
    },
    didYouMean: {
      head: (given) => `Sin cambios: no entendí “${given}”.`,
      forwarded: (given) => `Sin cambios: “${given}” es un mensaje reenviado.`,
      one: (option) => `¿Quiso decir ${option}? Responda 1.`,
      several: '¿Quiso decir una de estas opciones? Responda con su número.',
    },
    notUnderstood: {
      next: ({ say }) =>
        `Envíe ${say('MY WORK')} para ver sus órdenes o ${say('HELP')} para ver todos los comandos.`,
      last: 'Van cinco seguidos. No respondo más hasta entender uno.',
    },
    tooMany: {
      head: 'Demasiados mensajes en un minuto. No se hicieron y nada cambió:',
      foot: 'Envíe otra vez, por favor, lo que todavía quiera.',
    },
    listClosed: ({ say }) =>
      `Sin cambios: esa lista ya está cerrada. Envíe el comando otra vez, o ${say('MY WORK')} para ver sus órdenes.`,
    notOnList: (given, count) =>
      `Sin cambios: ${given} no está en la lista. Responda con un número del 1 al ${count}.`,
    unreadable: {
      sticker: 'Sin cambios: los stickers no se guardan.',
      reaction: (thumb, { on }) =>
        `Sin cambios: de las reacciones, solo cuenta ${thumb ?? 'un pulgar arriba'} en una asignación (como ${on('ACK')}).`,
      unknown: 'Sin cambios: no puedo leer este tipo de mensaje. Un mensaje editado se debe enviar otra vez.',
      next: ({ say }) => `${say('MY WORK')} muestra sus órdenes; ${say('HELP')}, todos los comandos.`,
    },
    buttonUseless: {
      expired: 'Sin cambios: este botón es demasiado antiguo.',
      forged: 'Sin cambios: este botón no es válido.',
      outdated: 'Sin cambios: este botón es de un aviso anterior',
      next: ({ say }) => `${say('MY WORK')} muestra sus órdenes; envíe un comando y el número.`,
    },
    attached: (what) => `Guardado: ${what}`,
    attachedNowhere: {
      head: (what) => `Guardado, pero sin orden: ${what}`,
      next: 'No tiene órdenes de trabajo abiertas.',
    },
    tooLate: (given) =>
      `Sin cambios: su mensaje “${given}” llegó tarde. Si todavía lo quiere, envíelo otra vez.`,
    notDone:
      'Su mensaje no se ejecutó y nada cambió. El error es nuestro y ya fue informado. Envíelo otra vez más tarde, por favor.',
    notSureWho:
      'Sin cambios: según nuestros registros, su número y su identidad de WhatsApp son de dos personas distintas. Su supervisor ya fue avisado. Hasta que se aclare, llame por favor.',
    enrolled: {
      head: (name) => `Este teléfono quedó registrado para ${name ?? 'usted'}`,
      next: ({ say }) =>
        `Envíe ${say('MY WORK')} para ver sus órdenes de trabajo, ${say('HELP')} para ver qué más puede hacer aquí.`,
    },
    enrolledElsewhere:
      'Sin cambios: este teléfono está registrado para otra persona. Quien creó el código lo ve en la pantalla.',
  },

  news: {
    delayed: (by, bold) => `${bold('Retrasada')} por ${by}`,
    priority: (priority) => `Prioridad: ${priorities[priority]}`,
    escalated: {
      head: (by) => `${by} necesita un supervisor`,
      noOrder: 'No se indicó ninguna orden.',
      next: ({ on }) => `Responda ${on('RESPONDING')} para encargarse.`,
    },
    needed: (by) => `${by} necesita algo`,
    taken: {
      yours: (by, what) => `${by} se encarga de lo que usted ${what}`,
      others: (by, what, caller) => `${by} se encarga de lo que ${what} ${caller}`,
      what: { 'work-order.escalated': 'escaló', 'work-order.needed': 'pidió' },
      next: 'No hace falta que usted haga nada.',
    },
    seen: (name, what) => `${name} leyó lo que usted ${what}. Todavía nadie se encarga.`,
    unanswered: {
      head: (what) => `Todavía nadie se encarga de lo que usted ${what}`,
      next: 'Ya se avisó a todos los que debían saberlo. Llame, por favor.',
    },
    undone: (by, what, bold) => `${bold('Deshecho')} por ${by}: ${what}`,
    alertTaken: (by, count) => (count === 1 ? `${by} va en camino` : `${by} va en camino a ${count} alertas`),
    alertTakenNext: ({ say }) => `Usted no tiene que ir. ${say('ESCALATE')} avisa a un supervisor.`,
    alertReleased: (by, count) => (count === 1 ? `${by} ya no va` : `${by} ya no va a ${count} alertas`),
    alertReopened: (by, count) =>
      `${count === 1 ? 'Todavía' : `${count} alertas todavía`} sin resolver: ${by} lo deshizo`,
    alertEscalated: (by) => `${by} necesita un supervisor`,
    alertResponder: (name) => `${name} va en camino.`,
    alertUnanswered: 'Nadie ha respondido a una alerta',
    alertUnansweredNext: 'Por favor, llame a alguien: ya se avisó a todos los que hay.',
    alertSeen: (by) => `${by} leyó su aviso`,
    alertResolved: (count) => (count === 1 ? 'Resuelta' : `${count} alertas resueltas`),
    alertResolvedBy: (by) => `por ${by}`,
    optedOut: {
      sms: (name) =>
        `${name} dio de baja los mensajes de texto: no le llega nada por ahí hasta que se suscriba de nuevo desde su teléfono.`,
      whatsapp: (name) =>
        `${name} dio de baja los mensajes de WhatsApp: no le llega nada por ahí hasta que se suscriba de nuevo desde su teléfono.`,
    },
    notReached: {
      head: (name) => `Un mensaje para ${name} no ha llegado`,
      ways: { whatsapp: 'WhatsApp', sms: 'Mensaje de texto', email: 'Correo' },
      why: {
        'not-on-whatsapp': 'el número no está en WhatsApp',
        blocked: 'bloqueado en su teléfono',
        'opted-out': 'se dio de baja',
        'no-such-address': 'la dirección no existe',
        'no-template': 'no hay plantilla aprobada',
        'not-arrived': 'no se entregó a tiempo',
        fault: 'un fallo nuestro, ya comunicado',
        'no-address': 'no hay ninguna dirección a la que escribirle',
        inactive: 'figura como inactivo',
      },
      next: 'Por favor, avísele usted.',
      further:
        'Otros casos iguales dentro de la misma hora no se avisan uno por uno: están en el registro de mensajes.',
    },
    identityChanged: (name) =>
      `${name} escribe desde el mismo número con otra identidad de WhatsApp. Verifique, por favor, que siga siendo su teléfono.`,
    notReading: (name, since) =>
      `${name} no leyó los últimos tres recordatorios, el primero de las ${since}. No se envían más hasta que lea uno o escriba. Llame, por favor.`,
    unconfirmed: (by, bold) => `${bold('Mantenimiento sin confirmar')} por ${by}`,
  },

  alerts: {
    head: (severity) =>
      severity === 'critical' ? 'ALERTA CRÍTICA DE EQUIPO' : `ALERTA DE EQUIPO (${priorities[severity]})`,
    several: (count, isCritical) =>
      isCritical ? `${count} ALERTAS CRÍTICAS DE EQUIPOS` : `${count} ALERTAS DE EQUIPOS`,
    alert: 'Alerta',
    time: 'Hora',
    attention: '¡Se requiere atención inmediata!',
    options: ({ say }) => ({
      responding: `${say('RESPONDING')} - Voy en camino`,
      escalate: `${say('ESCALATE')} - Necesito un supervisor`,
    }),
  },

  notices: {
    assigned: 'Nueva orden de trabajo asignada',
    scheduled: 'Mantenimiento programado',
    unassigned: 'Orden de trabajo reasignada',
    notYours: 'Ya no está asignada a usted. No tiene que hacer nada.',
    cancelled: 'Orden de trabajo cancelada',
    nothingToDo: 'No tiene que hacer nada.',
    reminder: 'Recordatorio de orden de trabajo',
    digest: (count) => `Recordatorios de órdenes de trabajo (${count})`,
    notConfirmed: 'Todavía sin confirmar',
    labels: {
      number: 'OT#',
      title: 'Título',
      asset: 'Equipo',
      priority: 'Prioridad',
      due: 'Vence',
      dueDate: 'Fecha de vencimiento',
      scheduled: 'Fecha programada',
    },
    replyWith: 'Responda con:',
    options: ({ on }) => ({
      ack: `${on('ACK')} - Acusar recibo`,
      start: `${on('START')} - Comenzar el trabajo`,
      help: `${on('HELP')} - Pedir ayuda`,
      confirm: `${on('CONFIRM')} - Aceptar la fecha`,
      status: `${on('STATUS')} - Ver el estado`,
      delay: `${on('DELAY')} - Informar un retraso`,
      complete: `${on('COMPLETE')} - Marcar como terminada`,
    }),
  },

  excursion: {
    high: (metric, value, limit) => `${metric}: ${value}, por encima del límite de ${limit}`,
    low: (metric, value, limit) => `${metric}: ${value}, por debajo del límite de ${limit}`,
  },

  mail: {
    answerWith: 'Responda con:',
    notRead: 'Las respuestas a este correo no se leen.',
    answerByWhatsapp: (number) => `Para responder, escriba a ${number} por WhatsApp.`,
    answerBySms: (number) => `Para responder por mensaje de texto, escriba a ${number}.`,
    answerNowhere: 'Ningún teléfono suyo puede responder aquí: avise a su planificador.',
    subjects: {
      'work-order.delayed': 'Orden de trabajo retrasada',
      'work-order.escalated': 'Se necesita un supervisor',
      'work-order.needed': 'Se necesita algo',
      'work-order.taken': 'Alguien se encarga de lo pedido',
      'call.seen': 'Alguien leyó lo que usted pidió',
      'call.unanswered': 'Nadie se encarga de lo que usted pidió',
      'work-order.undone': 'Se deshizo un cambio',
      'alert.raised': 'Alerta de equipo',
      'alert.taken': 'Alguien va en camino',
      'alert.released': 'Ya no va nadie',
      'alert.reopened': 'Todavía sin resolver',
      'alert.escalated': 'Se necesita un supervisor',
      'alert.unanswered': 'Nadie ha respondido a una alerta',
      'alert.seen': 'Leyeron su aviso',
      'alert.resolved': 'Alerta resuelta',
      'technician.opted-out': 'Un técnico dio de baja los mensajes',
      'technician.identity-changed': 'Un teléfono con otra identidad de WhatsApp',
      'technician.not-reached': 'Un mensaje no llegó',
      'technician.not-reading': 'Recordatorios sin leer',
      'maintenance.unconfirmed': 'Mantenimiento sin confirmar',
      'work-order.digest': 'Recordatorios de órdenes de trabajo',
      'message.send': 'Mensaje sobre su trabajo',
    },
  },

  buttons: {
    ACK: 'Aceptar',
    START: 'Iniciar',
    COMPLETE: 'Terminar',
    CONFIRM: 'Confirmar',
    STATUS: 'Estado',
    HELP: 'Ayuda',
    RESPONDING: 'Voy',
    ESCALATE: 'Escalar',
  },

  stranger:
    'Este número es para técnicos registrados. Si usted debería tener acceso, pida a su supervisor que agregue su teléfono.',
};
