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
  'work_order.confirmed': 'confirmación',
  'work_order.attachment': 'archivo adjunto',
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
  },
  priorities,
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
  others: (count) => `${plural(count, 'otra orden espera', 'otras órdenes esperan')}: MIS TRABAJOS`,
  told: (names) => `Se avisó a: ${names}`,
  nobodyTold: {
    planner: 'No se pudo avisar a ningún planificador: llame, por favor.',
    supervisor: 'No se pudo avisar a ningún supervisor: llame, por favor.',
  },
  andMore: (left) => `y ${left} más`,
  andMoreHere: (left) => `y ${left} más: envíe MÁS`,
  andMoreInMyWork: (left) => `y ${left} más: MIS TRABAJOS`,

  next: {
    ackOrStart: 'Siguiente paso: ACEPTAR o INICIAR.',
    confirmOrStart: 'Siguiente paso: CONFIRMAR si la fecha le conviene, INICIAR cuando comience.',
    start: 'Siguiente paso: INICIAR.',
    startWhenYouBegin: 'Siguiente paso: INICIAR cuando comience.',
    startWhenYouGoOn: 'Siguiente paso: INICIAR cuando continúe.',
    startToResume: 'Siguiente paso: INICIAR para continuar, o TERMINAR.',
    work: 'Siguiente paso: NOTA {texto} durante el trabajo, TERMINAR al finalizar.',
    note: 'Siguiente paso: NOTA {texto} o TERMINAR.',
    noteOrDelay: 'Siguiente paso: NOTA {texto}, RETRASO {motivo} o TERMINAR.',
    noteOrWait: 'Siguiente paso: NOTA {texto}, o RETRASO {motivo} si debe esperar.',
    complete: 'Siguiente paso: TERMINAR al finalizar.',
    whatIsLeft: 'MIS TRABAJOS muestra lo que queda.',
    yourOrders: 'MIS TRABAJOS muestra sus órdenes.',
    listOfOrders: 'MIS TRABAJOS muestra sus órdenes.',
    allCommands: 'AYUDA muestra todos los comandos.',
  },

  replies: {
    acknowledged: 'Aceptada',
    already: (status) => `Sin cambios: ya está ${statuses[status]}`,
    started: 'Iniciada',
    resumedWork: 'Reanudada',
    staysPaused: 'Los avisos siguen en pausa: envíe solo INICIAR para reactivarlos.',
    completed: 'Terminada',
    thanks: 'Gracias.',
    notStarted: {
      head: 'No se terminó: todavía no está iniciada',
      next: (number) => `Envíe primero INICIAR ${number} y después TERMINAR.`,
    },
    confirmed: 'Confirmada',
    alreadyConfirmed: 'Sin cambios: ya está confirmada',
    notScheduled: {
      head: 'Sin cambios: solo se confirma el mantenimiento programado',
      next: (number) => `Para esta orden: ACEPTAR ${number} o INICIAR ${number}.`,
    },
    noted: 'Nota guardada',
    delayed: 'Retrasada',
    alreadyDelayed: {
      head: 'Sin cambios: ya está retrasada',
      next: 'NOTA {texto} agrega algo al motivo, INICIAR reanuda el trabajo.',
    },
    notAcknowledged: {
      head: 'No se registró el retraso: todavía no está aceptada',
      next: (number) => `Envíe primero ACEPTAR ${number} y después RETRASO con el motivo.`,
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
      commands:
        'Comandos: MIS TRABAJOS, ESTADO, ACEPTAR, INICIAR, TERMINAR, NOTA, RETRASO, ESCALAR, DESHACER. AYUDA sola los explica.',
    },
    noAlert: 'Sin cambios: no hay ninguna alerta abierta para usted.',
    escalationTaken: {
      head: 'Usted se encarga',
      told: (name) => `Se avisa a ${name} que usted se encarga.`,
      nobody: 'Ahora no está asignada a nadie.',
    },
    undone: {
      head: (what) => `Deshecho: ${what}`,
      next: 'DESHACER otra vez deshace el cambio anterior.',
    },
    nothingToUndo: 'Sin cambios: no hay ningún cambio suyo para deshacer.',
    tooLateToUndo: {
      head: (at) =>
        `Sin cambios: su último cambio (${at}) ya no se puede deshacer; DESHACER funciona durante 10 minutos.`,
      next: 'NOTA {texto} le dice al planificador qué está mal.',
    },
    changedSince: {
      head: (by) => `No se deshizo nada: ${by ?? 'el planificador'} la cambió después`,
      next: (number) => `ESTADO ${number} muestra cómo está ahora.`,
    },
    myWork: {
      none: 'No tiene órdenes de trabajo abiertas.',
      head: (count) => `Sus órdenes de trabajo (${count})`,
      foot: (number) => `Responda con un comando y el número, por ejemplo: INICIAR ${number}`,
    },
    pending: {
      none: 'Ninguna orden espera una acción suya. MIS TRABAJOS muestra lo que tiene en curso.',
      head: (count) => `Esperan una acción suya (${count})`,
      foot: (number) => `ACEPTAR, CONFIRMAR o INICIAR con el número, por ejemplo: INICIAR ${number}`,
    },
    counts: {
      head: (count) => `Sus órdenes (${count})`,
      line: (count, status) => plural(count, statuses[status], statusesOfSeveral[status]),
      foot: 'ESTADO y un número muestra una orden completa; MIS TRABAJOS, la lista.',
    },
    orderDetail: {
      escalated: 'escalada',
      due: (day) => `Vence: ${day}`,
      scheduled: (when) => `Programada: ${when}`,
      readOn: 'envíe MÁS para seguir leyendo',
    },
    noMore: 'No hay nada más que mostrar. MIS TRABAJOS vuelve a empezar.',
    help: {
      head: (name) => `${name}, estos son los comandos:`,
      commands: {
        'MY WORK': '*MIS TRABAJOS* - sus órdenes, primero lo más próximo',
        PENDING: '*PENDIENTES* - lo que espera una acción suya',
        STATUS: '*ESTADO* - cuántas hay; con un número: esa orden completa',
        ACK: '*ACEPTAR* - acusar recibo',
        START: '*INICIAR* - comenzar o reanudar el trabajo',
        COMPLETE: '*TERMINAR* - marcar como terminada',
        NOTE: '*NOTA* {texto} - agregar una nota',
        DELAY: '*RETRASO* {motivo} - informar un retraso',
        CONFIRM: '*CONFIRMAR* - aceptar un mantenimiento programado',
        NEED: '*NECESITO* {qué} - pedir una mano, un repuesto, un permiso',
        ESCALATE: '*ESCALAR* {motivo} - llamar a su supervisor',
        RESPONDING: '*VOY* - atender una alerta',
        UNDO: '*DESHACER* - deshacer su último cambio',
        MORE: '*MÁS* - seguir con la última lista',
        HELP: '*AYUDA* - esto; como respuesta a una orden: pedir lo que falta',
        STOP: '*PAUSAR* - pausar los avisos, *INICIAR* los reactiva',
      },
      foot: [
        'Las fotos, notas de voz y ubicaciones se guardan con su orden.',
        'Agregue el número si tiene varias órdenes, por ejemplo: ACEPTAR WO-1042. Basta el final del número.',
      ],
    },
    paused: {
      head: 'Los avisos están en pausa.',
      already: 'Los avisos ya estaban en pausa.',
      next: [
        'Las alertas críticas siguen llegando y sus comandos reciben respuesta.',
        'INICIAR, solo, los reactiva.',
      ],
    },
    resumed: {
      none: 'Los avisos están activos otra vez. No se perdió ninguno.',
      head: (count) => `*Los avisos están activos otra vez.* No se enviaron mientras tanto (${count}):`,
      foot: 'Para comenzar un trabajo, envíe INICIAR y el número.',
    },
    nothingToDo: (command) =>
      `Sin cambios: no tiene órdenes de trabajo abiertas, así que no hay ninguna para ${command}.`,
    noSuchOrder: {
      head: (given) => `Sin cambios: ${given} no está entre sus órdenes.`,
      next: 'MIS TRABAJOS las muestra.',
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
    },
    didYouMean: {
      head: (given) => `Sin cambios: no entendí “${given}”.`,
      forwarded: (given) => `Sin cambios: “${given}” es un mensaje reenviado.`,
      one: (option) => `¿Quiso decir ${option}? Responda 1.`,
      several: '¿Quiso decir una de estas opciones? Responda con su número.',
    },
    notUnderstood: {
      next: 'Envíe MIS TRABAJOS para ver sus órdenes o AYUDA para ver todos los comandos.',
      last: 'Van cinco seguidos. No respondo más hasta entender uno.',
    },
    tooMany: {
      head: 'Demasiados mensajes en un minuto. No se hicieron y nada cambió:',
      foot: 'Envíe otra vez, por favor, lo que todavía quiera.',
    },
    listClosed:
      'Sin cambios: esa lista ya está cerrada. Envíe el comando otra vez, o MIS TRABAJOS para ver sus órdenes.',
    notOnList: (given, count) =>
      `Sin cambios: ${given} no está en la lista. Responda con un número del 1 al ${count}.`,
    unreadable: {
      sticker: 'Sin cambios: los stickers no se guardan.',
      reaction: 'Sin cambios: de las reacciones, solo cuenta 👍 en una asignación (como ACEPTAR).',
      unknown: 'Sin cambios: no puedo leer este tipo de mensaje. Un mensaje editado se debe enviar otra vez.',
      next: 'MIS TRABAJOS muestra sus órdenes; AYUDA, todos los comandos.',
    },
    buttonUseless: {
      expired: 'Sin cambios: este botón es demasiado antiguo.',
      forged: 'Sin cambios: este botón no es válido.',
      next: 'MIS TRABAJOS muestra sus órdenes; envíe un comando y el número.',
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
  },

  news: {
    delayed: (by) => `*Retrasada* por ${by}`,
    priority: (priority) => `Prioridad: ${priorities[priority]}`,
    escalated: {
      head: (by) => `*${by} necesita un supervisor*`,
      noOrder: 'No se indicó ninguna orden.',
      next: 'Responda VOY para encargarse.',
    },
    needed: (by) => `*${by} necesita algo*`,
    taken: (by) => `*${by} se encarga de lo que usted escaló*`,
    undone: (by, what) => `*Deshecho* por ${by}: ${what}`,
    optedOut: {
      sms: (name) =>
        `*${name}* dio de baja los mensajes de texto: no le llega nada por ahí hasta que se suscriba de nuevo desde su teléfono.`,
      whatsapp: (name) =>
        `*${name}* dio de baja los mensajes de WhatsApp: no le llega nada por ahí hasta que se suscriba de nuevo desde su teléfono.`,
    },
    identityChanged: (name) =>
      `*${name}* escribe desde el mismo número con otra identidad de WhatsApp. Verifique, por favor, que siga siendo su teléfono.`,
  },

  notices: {
    assigned: 'Nueva orden de trabajo asignada',
    scheduled: 'Mantenimiento programado',
    unassigned: 'Orden de trabajo reasignada',
    notYours: 'Ya no está asignada a usted. No tiene que hacer nada.',
    reminder: 'Recordatorio de orden de trabajo',
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
    options: {
      ack: 'ACEPTAR - Acusar recibo',
      start: 'INICIAR - Comenzar el trabajo',
      help: 'AYUDA - Pedir ayuda',
      confirm: 'CONFIRMAR - Aceptar la fecha',
      status: 'ESTADO - Ver el estado',
      delay: 'RETRASO {motivo} - Informar un retraso',
      complete: 'TERMINAR - Marcar como terminada',
    },
  },

  buttons: {
    ACK: 'Aceptar',
    START: 'Iniciar',
    COMPLETE: 'Terminar',
    CONFIRM: 'Confirmar',
    STATUS: 'Estado',
    HELP: 'Ayuda',
  },

  stranger:
    'Este número es para técnicos registrados. Si usted debería tener acceso, pida a su supervisor que agregue su teléfono.',
};
