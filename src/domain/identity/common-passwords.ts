// What every list of leaked passwords begins with is mostly one short word and a tail of digits, a run along the
// keyboard, or one block again and again. Kept as those three forms: a few hundred words here stand for some 10⁵ entries.
const WORDS = `
aa abc abcabc abcd abcdef access adidas admin administrator adobe alejandro alexander alexis amanda america amour andrea
andrew angel angela angelica angels animal anthony apple arsenal asdf asdfasdf asdfgh asdfghjkl ashley asshole august
austin azerty babygirl babygurl bailey banana barcelona baseball basketball batman beautiful benjamin bismillah blessed
blink bond brandon buster butterfly changeme charlie charlotte cheese chelsea chicken chocolate chris christian
christopher computer cookie corvette courtney cowboys cricket daniel danielle december default dennis diamond doctor dolphin
dragon dubsmash eagles eminem estrella everton ferrari flower football forever freedom friends fuckoff fuckyou gabriel
garfield gateway george gfhjkm gizmodo google guest guitar hallo hannah harley hello hockey homeless hottie hunter
ichliebedich iloveu iloveyou internet jackson january jasmine jasper jennifer jessica jesus jesuschrist jonathan jordan
joshua junior justin killer kimberly kitty klaster lakers lauren lavalamp letmein liberty lifehack linkedin liverpool login
london lorenzo love lovely loveme lover loveyou machine madison maggie magic manager mario marina marlboro martin
master matrix matthew maverick melissa mercedes merlin metallica michael michelle midnight mommy monday money monica monkey monster
morgan motdepasse mother mustang mynoob myspace naruto nicholas nicole ninja nintendo nothing october olivia orange pakistan
parola pass passord passport passw passwd passwort password patricia patrick peanut pepper phoenix player playstation please pokemon
porsche prince princess princesa purple pussycat qazwsx qazwsxedc qwaszx qwer qwert qwerty qwertyui qwertyuiop qweasd qweasdzxc qweqwe rainbow ranger realmadrid
rebecca replica richard robert rockyou root rush salasana samantha samsung samuel saturday scooter secret senha september server shadow shannon
silver simpsons slipknot snoopy snowball soccer sophie spiderman spring starwars steelers stella steven summer sunday sunflower
sunshine superman superstar support swordfish taylor teacher temp tennis tequiero test testing thomas thunder thursday tigger tinkerbell
tomtom toyota trustno trinity twilight undertaker unknown user vanessa veronica victoria vkontakte warcraft webmaster welcome whatever
william windows winner winter wolfgang worldcup xbox yamaha yankees yellow yourname zaq zaqwsx zxcv zxcvbn zxcvbnm zxcasdqwe
`;
const COMMON_WORDS = new Set(WORDS.trim().split(/\s+/));

const MIXED = `
1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 q1w2e3r4 q1w2e3r4t5 qwe123qwe 123qwe123 1234qwer 12345qwert 123456qwerty
qwer1234qwer a1b2c3d4 a1b2c3d4e5 a1s2d3f4 aa123456 a123456789 abc123456 abcd12345 zaq12wsx zaq1zaq1 zaq1xsw2 z1x2c3v4 asd123456 asdf1234asdf
14789632 147258369 159357456 741852963 789456123 987456321 963852741 12344321 123454321 11223344 1122334455 112233445566 123123123 321321321
0987654321 qazxswedc g_czechout jesus1st love4ever mypassword ilovemyself ihateyou letmeinnow opensesame correcthorsebatterystaple
thisisapassword nopassword secretpassword adminadmin rootroot testtest useruser passpass passwordpassword loveyou2 trustno1 blink182 bond007 rush2112 ncc1701d
`;
const COMMON_MIXED = new Set(MIXED.trim().split(/\s+/));

const RUNS = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890123456789',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'qwertzuiop',
  'azertyuiop',
  'йцукенгшщзхъ',
];
const ALL_RUNS = RUNS.flatMap((run) => [run, Array.from(run).reverse().join('')]);

const LEET: Readonly<Record<string, string>> = {
  '@': 'a',
  '4': 'a',
  '3': 'e',
  '0': 'o',
  $: 's',
  '5': 's',
  '7': 't',
  '!': 'i',
};

// Longer ones are on nobody's list, whatever their form.
const LONGEST_LISTED = 28;

/** Whether this is one that guessing starts with. Case is ignored. */
export const isCommonPassword = (password: string): boolean => {
  if (password.length > LONGEST_LISTED) return false;
  const typed = password.toLowerCase();
  if (COMMON_MIXED.has(typed) || ALL_RUNS.some((run) => run.includes(typed)) || repeats(typed)) return true;
  const word = typed.replace(/^[\d!@#$%&*._-]{0,6}(?=\D)/, '').replace(/[\d!@#$%&*?._-]{0,8}$/, '');
  return [word, unleeted(word), unleeted(typed)].some((form) => COMMON_WORDS.has(form));
};

/** Whether one block of at most six characters makes up all of it, a cut last block included. */
const repeats = (text: string) =>
  [1, 2, 3, 4, 5, 6].some((period) => text.length >= 2 * period && text.slice(period) === text.slice(0, -period));

const unleeted = (text: string) => text.replace(/[@430$57!]/g, (sign) => LEET[sign] ?? sign).replace(/[\d._-]+$/, '');
