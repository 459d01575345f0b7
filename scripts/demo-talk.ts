/** Made-up people and their talk, for pictures. */
export const people = {
  ana: 'Ana Beltrán',
  ben: 'Ben Carter',
  misaki: '田中 美咲',
  omar: 'عمر حداد',
  lea: 'Léa Fontaine',
  priya: 'Priya Raman',
  tomasz: 'Tomasz Wiśniewski',
  irina: 'Ирина Соколова',
  maximilian: 'Maximilian Alexander von Hohenstein-Rothenburg',
} as const;
export type Who = keyof typeof people;

/** Who, how many minutes ago, what; and which earlier line (counted from 0) is answered. */
export type Line = readonly [who: Who, minutesAgo: number, text: string, answers?: number];

export interface Talk {
  /** Of a group; without it the chat is private, of the first two who speak in it. */
  readonly title?: string;
  readonly members: readonly Who[];
  /** How many of the last lines Ana has not read. */
  readonly unread?: number;
  readonly muted?: true;
  readonly lines: readonly Line[];
}

const DAY = 24 * 60;

/** Ana's chats; the pictures are of her browser. */
export const talks: readonly Talk[] = [
  {
    title: 'Sunday hikers 🥾',
    members: ['ana', 'ben', 'lea', 'tomasz', 'irina', 'maximilian'],
    unread: 2,
    lines: [
      ['tomasz', DAY + 190, 'The ridge path is open again, I was up there this morning.'],
      ['tomasz', DAY + 189, 'Some snow left on the north side, nothing to worry about.'],
      ['lea', DAY + 160, 'Wonderful! Then the ridge it is.'],
      ['irina', DAY + 120, 'Я возьму термос с чаем на всех ☕'],
      ['ben', 96, 'Weather for Sunday: sunny until three, then clouds. Wind from the west, 15 km/h.'],
      ['ana', 91, 'So we should start early. Train at 7:42?'],
      ['lea', 88, '7:42 is cruel, but fair.', 5],
      ['ana', 84, 'I’ll bring breakfast for those who are on it 😄'],
      [
        'maximilian',
        61,
        'I can take three people by car and meet you at the station in the valley. There is room for rucksacks too.',
      ],
      [
        'tomasz',
        57,
        'Here is the route: https://maps.example.org/routes/ridge-and-three-lakes?distance=14.2km&ascent=820m',
      ],
      ['ana', 52, 'Fourteen kilometres, eight hundred metres up. About five hours with a long lunch?'],
      ['tomasz', 49, 'Five and a half with photos.\nSix with Léa’s photos.'],
      ['lea', 48, 'I heard that.', 11],
      ['ben', 12, 'Should I bring the small stove?'],
      ['irina', 6, 'Да, обязательно! И кофе.', 13],
    ],
  },
  {
    members: ['ana', 'omar'],
    unread: 1,
    lines: [
      ['ana', 340, 'صباح الخير يا عمر! هل وصلتك الصور؟'],
      ['omar', 322, 'صباح النور! نعم، وصلت كلها. شكرًا جزيلًا 🌷'],
      ['omar', 320, 'الصورة الثالثة رائعة، سأطبعها للمكتب.'],
      ['ana', 318, 'I’ll send you the full size tonight.'],
      ['omar', 25, 'ممتاز، نلتقي يوم الخميس الساعة 10:30 في مقهى Luna.'],
    ],
  },
  {
    members: ['ana', 'ben'],
    lines: [
      ['ben', DAY + 400, 'Did you see who is playing at the Blue Room in December?'],
      ['ana', DAY + 396, 'No! Who?'],
      ['ben', DAY + 395, 'The quartet from last summer. Thursday the 17th, doors at eight.'],
      ['ana', DAY + 391, 'Take two tickets, I’ll pay you back.'],
      ['ben', DAY + 390, 'Already did 😎'],
      ['ben', 134, 'They moved it to the big hall, by the way. Same date.'],
      ['ana', 131, 'Even better. More room to dance.'],
      ['ben', 130, 'You? Dance?'],
      ['ana', 128, 'People change, Ben.', 7],
      ['ben', 44, 'See you at the station on Sunday then.'],
      ['ana', 41, 'See you! Don’t forget the stove.'],
    ],
  },
  {
    title: 'Kitchen renovation',
    members: ['ana', 'priya', 'tomasz'],
    unread: 12,
    lines: [
      ['priya', 260, 'The tiles are here. Three boxes of sage, one of white.'],
      ['tomasz', 250, 'I can come on Saturday with the cutter.'],
      ['priya', 244, 'Perfect.'],
      ['ana', 240, 'Please keep a path to the coffee machine clear.'],
      ['priya', 236, 'That is literally item one on my plan.'],
      ['tomasz', 230, 'Item two is electricity for the coffee machine.'],
      ...Array.from({ length: 8 }, (_, n): Line => ['priya', 200 - n * 2, `Wall ${n + 1} measured: ${240 + n * 7} cm`]),
      ['tomasz', 150, 'So the worktop is 40 mm, oak, oiled. Delivery on the 3rd.'],
      ['priya', 148, 'And the sink comes with the tap after all!'],
    ],
  },
  {
    members: ['ana', 'misaki'],
    lines: [
      ['misaki', 600, '来週の打ち合わせは水曜日に変更できますか？'],
      ['ana', 590, 'もちろん！10時でどうですか？'],
      ['misaki', 585, '10時で大丈夫です。ありがとうございます😊'],
    ],
  },
  {
    title: 'Book circle: Middlemarch',
    members: ['ana', 'lea', 'irina', 'misaki', 'priya'],
    muted: true,
    unread: 3,
    lines: [
      ['lea', 2 * DAY, 'Has everybody finished book three?'],
      ['ana', 2 * DAY - 10, 'Finished and slightly heartbroken.'],
      ['priya', 2 * DAY - 60, 'No spoilers please, I’m on page 212.'],
      ['irina', 2 * DAY - 65, 'Страница 212 — самое интересное впереди!'],
      ['misaki', 2 * DAY - 70, 'I brought cake to page 212. 🍰'],
    ],
  },
  {
    title: 'Neighbourhood association of the old harbour quarter and the streets behind the lighthouse',
    members: ['ana', 'maximilian', 'ben', 'lea'],
    lines: [
      [
        'maximilian',
        3 * DAY,
        'Minutes of the meeting are on the notice board, and the lamp at number 14 has been repaired.',
      ],
      ['ana', 3 * DAY - 20, 'Thank you for taking care of that!'],
    ],
  },
  {
    members: ['ana', 'lea'],
    lines: [
      ['lea', 4 * DAY, 'Thanks for yesterday, it was lovely.'],
      ['ana', 4 * DAY - 3, 'It really was. Same place next month?'],
      ['lea', 4 * DAY - 4, 'Same place, same cheesecake.'],
    ],
  },
  {
    title: 'Release 2.4',
    members: ['ana', 'priya', 'tomasz', 'misaki'],
    lines: [
      ['priya', 5 * DAY, 'All green on staging. Shall we ship?'],
      ['misaki', 5 * DAY - 2, 'Ship it 🚢'],
      ['ana', 5 * DAY - 3, 'Shipped. Tags are up, notes are out.'],
    ],
  },
  {
    members: ['ana', 'priya'],
    lines: [
      ['ana', 6 * DAY, 'Could you look at the numbers before Monday?'],
      ['priya', 6 * DAY - 30, 'Done. Page 4 has a typo, the rest is solid.'],
    ],
  },
];
