import type { CommandName } from '../../src/commands/command.ts';

// As thumbs, gloves and autocorrection write them: left out, doubled, swapped, neighbouring keys, by ear, run together.
const typed: Record<CommandName, string> = {
  'MY WORK': 'mywork mywrk mywokr miwork mytrabajo mistrabajos mitrabjo mitrabajo mistareas',
  PENDING: 'pendng pendig penidng pendding pendin penfing pendientess pendintes pendentes pendiente',
  STATUS: 'statsu staus stauts sttus statis satus estdo estao esatdo eztado estadoo',
  ACK: 'akc ak ackk acl axk aack recibdo recivido recibio resibido recbido resivido enteradoo',
  START:
    'strat sart statr tsart starrt srart stsrt stat startt empesar empezr enpezar empezra inicar inicair iniciarr inisiar iniziar comensar comenzr',
  COMPLETE:
    'complte compelte comlete complet compleat completee conplete compleye comolete cmplete cpmplete complerte completd copmlete compltee terminr terminadp terminao temrinado terninado terminra completr compeltar conpletar completra',
  NOTE: 'ntoe noet nore nite nots onte notte mote ntoa noat notaa nots:',
  DELAY: 'dealy delya dlay deley delau dekay delayy delqy demra demroa demorr retrso retaso retrazo retaraso',
  ESCALATE:
    'esclate escalte escalete excalate esacalate escallate eskalate escalatw escaalte ecsalate escaltae escalr esclar eskalar escalra ezcalar',
  RESPONDING:
    'responing respoding respondig responsing repsonding respoinding respondin responidng responfing respnding enkamino encamno voyy',
  CONFIRM:
    'confrim confrm conifrm comfirm cofirm confirn cinfirm confirmm confitm conform confirmr confrimar comfirmar confirmra',
  HELP: 'hepl hlep halp helpp hwlp hekp ehlp ayda ayuad aydua alluda auyda ayudaa',
  NEED: 'nede nead ned needd nedd beed neeed nesecito nesesito necesto necsito nececito nesecíto',
  UNDO: 'udno unod indo undoo unfo umdo desacer deshcer dehsacer desaser deshaser',
  MORE: 'moer mroe mor moree mpre omre mass maas',
  STOP: 'stpo sotp stopp stip stoo tsop stpp unsubscibe unsubcribe unsuscribe optot pasar parra detner detenr',
};

/** What was typed, and the command that was meant. */
export const slips: [string, CommandName][] = Object.entries(typed).flatMap(([command, all]) =>
  all.split(' ').map((each): [string, CommandName] => [each, command as CommandName]),
);
