/**
 * Names of activities and places, as tables from text to slug (spec section 6.3).
 *
 * The types are those of HKWorkoutActivityType, English complete; of other languages the frequent ones. What is not
 * listed is of type `other`; the name as sent is always kept beside the type, so nothing is lost by that.
 */
import { buildNameTable, findSlug, foldText } from "./item.js";

const workoutTypes = buildNameTable({
  american_football: "Football",
  archery: "Archery|Bogenschießen|Tir à l'arc|Tiro con arco|Arco e flecha|Boogschieten",
  australian_football: "Australian Football",
  badminton: "Badminton|Bádminton|羽毛球|バドミントン",
  barre: "Barre",
  baseball: "Baseball|Béisbol|Beisebol|Honkbal|棒球|野球",
  basketball: "Basketball|Basket|Baloncesto|Pallacanestro|Basquete|Basquetebol|Basketbal|篮球|バスケットボール",
  bowling: "Bowling|Bolos|Boliche|保龄球|ボウリング",
  boxing: "Boxing|Boxen|Boxe|Boxeo|Boksen|拳击|ボクシング",
  cardio_dance: "Cardio Dance|Dance Inspired Training",
  climbing: "Climbing|Rock Climbing|Klettern|Escalade|Escalada|Arrampicata|Klimmen|攀岩|クライミング",
  cooldown:
    "Cooldown|Cool Down|Abkühlen|Retour au calme|Enfriamiento|Defaticamento|Volta à calma|Coolingdown|整理放松|クールダウン",
  core_training:
    "Core Training|Rumpftraining|Renforcement du tronc|Entrenamiento de core|Entrenamiento del core|Allenamento addominali|Treino de core|Coretraining|核心训练|コアトレーニング",
  cricket: "Cricket|Críquet",
  cross_country_skiing:
    "Cross Country Skiing|Langlauf|Skilanglauf|Ski de fond|Esquí de fondo|Sci di fondo|Esqui cross-country|Langlaufen|越野滑雪|クロスカントリースキー",
  cross_training: "Cross Training|Crosstraining|交叉训练|クロストレーニング",
  curling: "Curling",
  cycling:
    "Cycle|Bike|Biking|Bike Ride|Bicycling|Radfahren|Fahrradfahren|Rad|Radtour|Vélo|Cyclisme|Ciclismo|Bicicleta|Ciclo|Bici|Fietsen|骑行|骑车|单车|自行车|サイクリング|自転車",
  dance: "Dance|Dancing|Tanzen|Tanz|Danse|Baile|Danza|Dança|Dansen|舞蹈|ダンス",
  disc_sports: "Disc Sports",
  downhill_skiing:
    "Downhill Skiing|Skiing|Alpine Skiing|Ski Alpin|Skifahren|Abfahrtsski|Esquí alpino|Sci alpino|Sci|Esqui alpino|Skiën|Alpineskiën|高山滑雪|アルペンスキー",
  elliptical:
    "Elliptical|Elliptical Trainer|Crosstrainer|Ellipsentrainer|Vélo elliptique|Elliptique|Elíptica|Ellittica|Elíptico|椭圆机|エリプティカル",
  equestrian_sports:
    "Equestrian Sports|Horseback Riding|Reiten|Équitation|Equitación|Equitazione|Hipismo|Paardrijden|马术|乗馬",
  fencing: "Fencing|Fechten|Escrime|Esgrima|Scherma|Schermen|击剑|フェンシング",
  fishing: "Fishing|Angeln|Pêche|Pesca|Vissen|钓鱼|釣り",
  fitness_gaming: "Fitness Gaming",
  flexibility:
    "Flexibility|Dehnen|Beweglichkeit|Souplesse|Flexibilidad|Flessibilità|Flexibilidade|Flexibiliteit|Lenigheid|柔韧性训练|柔軟性",
  functional_strength_training:
    "Functional Strength Training|Functional Training|Funktionales Krafttraining|Funktionelles Krafttraining|Renforcement musculaire fonctionnel|Entrenamiento de fuerza funcional|Entrenamiento funcional de fuerza|Allenamento funzionale|Treino de força funcional|Treinamento de força funcional|Functionele krachttraining|功能性力量训练|ファンクショナルトレーニング",
  golf: "Golf|Golfe|高尔夫|ゴルフ",
  gymnastics: "Gymnastics|Turnen|Gymnastique|Gimnasia|Ginnastica|Ginástica|Gymnastiek|体操",
  hand_cycling: "Hand Cycling|Handcycling|Handbike",
  handball: "Handball|Balonmano|Pallamano|Handebol|Handbal|手球|ハンドボール",
  high_intensity_interval_training:
    "High Intensity Interval Training|HIIT|Hochintensives Intervalltraining|Intervalltraining|Entraînement fractionné de haute intensité|Entrenamiento de intervalos de alta intensidad|Allenamento a intervalli ad alta intensità|Treino intervalado de alta intensidade|Intervaltraining|高强度间歇训练|高強度インターバルトレーニング",
  hiking:
    "Hike|Hiking|Wandern|Wanderung|Randonnée|Senderismo|Excursionismo|Escursionismo|Trilha|Caminhada na natureza|Wandelen in de natuur|徒步|远足|ハイキング",
  hockey: "Hockey|Ice Hockey|Eishockey|冰球|ホッケー",
  hunting: "Hunting|Jagd|Jagen|Chasse|Caza|Caccia|Caça|狩猎|狩猟",
  jump_rope:
    "Jump Rope|Seilspringen|Corde à sauter|Saltar la cuerda|Salto della corda|Pular corda|Touwtjespringen|跳绳|縄跳び",
  kickboxing: "Kickboxing|Kickboxen|Kick boxing|Kickboksen|自由搏击|キックボクシング",
  lacrosse: "Lacrosse",
  martial_arts:
    "Martial Arts|Kampfsport|Arts martiaux|Artes marciales|Arti marziali|Artes marciais|Vechtsport|武术|武道|格闘技",
  mind_and_body:
    "Mind and Body|Mind & Body|Körper und Geist|Corps et esprit|Mente y cuerpo|Mente e corpo|Lichaam en geest|身心|マインド&ボディ",
  mixed_cardio:
    "Mixed Cardio|Mixed Metabolic Cardio Training|Gemischtes Cardio|Cardio mixte|Cardio mixto|Cardio misto|Gemengde cardio|混合有氧",
  paddle_sports:
    "Paddle Sports|Paddling|Kayaking|Canoeing|Paddelsport|Paddeln|Sports de pagaie|Deportes de remo|Sport di pagaia|Canoagem|Peddelsport",
  pickleball: "Pickleball",
  pilates: "Pilates|普拉提|ピラティス",
  play: "Play",
  preparation_and_recovery: "Preparation and Recovery|Preparation & Recovery",
  racquetball: "Racquetball",
  rowing:
    "Rower|Row|Rowing Machine|Rudern|Rudergerät|Ruderer|Rameur|Aviron|Remo|Canottaggio|Vogatore|Roeien|Roeier|划船|划船机|ローイング",
  rugby: "Rugby|Rúgbi|橄榄球|ラグビー",
  running:
    "Run|Jog|Jogging|Treadmill|Treadmill Run|Trail Run|Trail Running|Laufen|Lauf|Joggen|Course|Course à pied|Carrera|Correr|Corsa|Corrida|Hardlopen|跑步|ランニング",
  sailing: "Sailing|Segeln|Voile|Vela|Zeilen|帆船|セーリング",
  skating_sports:
    "Skating Sports|Skating|Ice Skating|Eislaufen|Inlineskaten|Patinage|Patinaje|Pattinaggio|Patinação|Schaatsen|滑冰|スケート",
  snow_sports:
    "Snow Sports|Schneesport|Sports de neige|Deportes de nieve|Sport sulla neve|Esportes na neve|Sneeuwsport",
  snowboarding: "Snowboarding|Snowboard|Snowboarden|单板滑雪|スノーボード",
  soccer: "Soccer|Fußball|Fútbol|Calcio|Futebol|Voetbal|足球|サッカー",
  social_dance: "Social Dance|Gesellschaftstanz|Danse de société|Baile social|Ballo di coppia|Dança de salão",
  softball: "Softball|Softbol|垒球|ソフトボール",
  squash: "Squash|壁球|スカッシュ",
  stair_climbing:
    "Stair Stepper|Stair Climber|Stepper|Treppensteiger|Simulateur d'escalier|Escaladora|Simulatore di scale|Simulador de escadas|Traploper|踏步机|ステッパー",
  stairs: "Stairs|Treppensteigen|Treppen|Escaliers|Escaleras|Scale|Escadas|Traplopen|爬楼梯|階段",
  step_training: "Step Training|Step Aerobics|Stepptraining|Entraînement step|Entrenamiento step",
  surfing_sports: "Surfing Sports|Surfing|Surf|Surfen|冲浪|サーフィン",
  swimming: "Swim|Schwimmen|Natation|Nage|Natación|Nuoto|Natação|Zwemmen|游泳|水泳|スイミング",
  swim_bike_run: "Swim Bike Run|Multisport|Triathlon|铁人三项|トライアスロン",
  table_tennis:
    "Table Tennis|Tischtennis|Tennis de table|Tenis de mesa|Ping pong|Tennistavolo|Tênis de mesa|Tafeltennis|乒乓球|卓球",
  tai_chi: "Tai Chi|Taichi|太极|太極拳",
  tennis: "Tennis|Tenis|Tênis|Ténis|网球|テニス",
  track_and_field:
    "Track and Field|Track & Field|Leichtathletik|Athlétisme|Atletismo|Atletica leggera|Atletiek|田径|陸上競技",
  traditional_strength_training:
    "Traditional Strength Training|Strength Training|Weight Training|Weightlifting|Traditionelles Krafttraining|Krafttraining|Musculation traditionnelle|Musculation|Renforcement musculaire traditionnel|Entrenamiento de fuerza tradicional|Entrenamiento de fuerza|Allenamento tradizionale di forza|Treino de força tradicional|Treinamento de força tradicional|Musculação|Traditionele krachttraining|Krachttraining|传统力量训练|力量训练|筋力トレーニング",
  transition: "Transition",
  underwater_diving:
    "Underwater Diving|Diving|Scuba Diving|Tauchen|Plongée|Buceo|Immersione|Mergulho|Duiken|潜水|ダイビング",
  volleyball: "Volleyball|Volley-ball|Voleibol|Vóleibol|Pallavolo|Vôlei|Volleybal|排球|バレーボール",
  walking:
    "Walk|Spaziergang|Spazierengehen|Gehen|Marche|Marche à pied|Caminata|Caminar|Paseo|Camminata|Passeggiata|Caminhada|Wandelen|Wandeling|步行|走路|散步|ウォーキング|散歩",
  water_fitness: "Water Fitness|Aqua Fitness|Aquafitness|Wassergymnastik|Acquagym|Aquagym|水中健身",
  water_polo: "Water Polo|Wasserball|Polo acuático|Pallanuoto|Polo aquático|Waterpolo|水球",
  water_sports:
    "Water Sports|Wassersport|Sports nautiques|Deportes acuáticos|Sport acquatici|Esportes aquáticos|Watersport",
  wheelchair_run_pace: "Outdoor Push Running Pace|Wheelchair Run|Push Running Pace",
  wheelchair_walk_pace: "Outdoor Push Walking Pace|Wheelchair Walk|Push Walking Pace",
  wrestling: "Wrestling|Ringen|Lutte|Lucha|Lotta|Luta|Worstelen|摔跤|レスリング",
  yoga: "Yoga|Yôga|瑜伽|ヨガ",
  other: "Autre|Otro|Altro|Outro|Overig|Andere|Sonstige|其他|その他",
});

const places = buildNameTable({
  indoor:
    "Indoor|Indoors|Innenräume|Innenraum|Innen|Drinnen|En intérieur|Intérieur|Interior|En interior|En interiores|Interiores|Al coperto|Al chiuso|Interno|Ambiente interno|Em ambiente interno|Binnen|室内|屋内",
  outdoor:
    "Outdoor|Outdoors|Im Freien|Freien|Draußen|Außen|En extérieur|Extérieur|Al aire libre|Aire libre|Exterior|En exterior|En exteriores|All'aperto|Aperto|Ao ar livre|Ar livre|Buiten|户外|室外|屋外",
  pool: "Pool|Schwimmbad|Becken|Piscine|En piscine|Piscina|En piscina|In piscina|Em piscina|Zwembad|泳池|プール",
  open_water:
    "Open Water|Freiwasser|Offenes Gewässer|Eau libre|En eau libre|Aguas abiertas|En aguas abiertas|Acque libere|In acque libere|Águas abertas|Em águas abertas|Buitenwater|Open wateren|开放水域|公开水域|オープンウォーター",
});

/** The app misspells its own Unknown (spec section 6.1). */
export const strokeStyles = buildNameTable({
  backstroke: "Back Stroke",
  breaststroke: "Breast Stroke",
  butterfly: "Butterfly Stroke",
  freestyle: "Free Style",
  mixed: "Mixed Stroke",
  kickboard: "Kick Board",
  unknown: "Uknown",
});

export const salinities = buildNameTable({ fresh_water: "Freshwater", salt_water: "Saltwater" });

/** Longest first, so that `en eau libre` is taken before `eau libre`. */
const placeWords = [...places.keys()].sort((a, b) => b.length - a.length);

/** What HealthKit's own constants put before the word (spec section 9.1). */
const constantPrefix = /^HKWorkoutActivityType/;

/** The slug of a place, or undefined. */
export function findPlace(text: string): string | undefined {
  return findSlug(places, text);
}

/**
 * The type that a name stands for, `other` where nobody mapped it, and the place where the name begins or ends with
 * one: `Outdoor Spaziergang`, `Caminata al aire libre`, `Pool Swim`, `室内跑步`.
 */
export function readWorkoutName(name: string): { type: string; place: string | null } {
  const whole = foldText(name.replace(constantPrefix, ""));
  let place: string | null = null;
  for (const word of placeWords) {
    const rest = removeWord(whole, word);
    if (rest === undefined || rest === "") continue;
    place ??= places.get(word) ?? null;
    const type = workoutTypes.get(rest);
    if (type !== undefined) return { type, place: places.get(word) ?? null };
  }
  return { type: workoutTypes.get(whole) ?? "other", place };
}

/** The text without a word at its beginning or end; Chinese and Japanese put no space between. */
function removeWord(text: string, word: string): string | undefined {
  const isSpaced = /[a-z]$/.test(word);
  if (text.startsWith(word)) {
    const rest = text.slice(word.length);
    if (!isSpaced || rest.startsWith(" ")) return rest.trim();
  }
  if (text.endsWith(word)) {
    const rest = text.slice(0, -word.length);
    if (!isSpaced || rest.endsWith(" ")) return rest.trim();
  }
  return undefined;
}
