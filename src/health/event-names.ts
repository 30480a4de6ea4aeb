/**
 * Words that phones send in their own language (spec sections 3.12, 3.13, 5.5), as tables from text to slug.
 *
 * English is complete. Of German, French, Spanish, Italian, Portuguese, Dutch, Chinese and Japanese the tables hold the
 * words that are known not to mean two things; a text that is missing here is no error, it is kept as it was sent.
 * Names mapped here are parts of records' keys: adding a text later changes those keys, and a rebuild makes them one.
 */
import { buildNameTable, findSlug, type NameTable } from "./item.js";

export const symptomNames = buildNameTable({
  abdominal_cramps:
    "Abdominal Cramps|Bauchkrämpfe|Unterleibskrämpfe|Crampes abdominales|Calambres abdominales|Cólicos abdominales|Crampi addominali|Cólicas abdominais|Buikkrampen|腹部绞痛|腹部のけいれん",
  acne: "Acne|Akne|Acné|痤疮|ニキビ|にきび",
  appetite_changes:
    "Appetite Changes|Appetitveränderungen|Appetitveränderung|Appetitänderungen|Changements d'appétit|Changement d'appétit|Modification de l'appétit|Cambios de apetito|Cambios en el apetito|Cambiamenti dell'appetito|Variazioni dell'appetito|Alterações de apetite|Mudanças de apetite|Veranderingen in eetlust|Veranderde eetlust|食欲变化|食欲の変化",
  bladder_incontinence:
    "Bladder Incontinence|Blaseninkontinenz|Harninkontinenz|Incontinence urinaire|Incontinencia urinaria|Incontinencia de la vejiga|Incontinenza urinaria|Incontinência urinária|Urine-incontinentie|Blaasincontinentie|尿失禁",
  bloating:
    "Bloating|Blähungen|Blähbauch|Ballonnements|Ballonnement|Hinchazón|Distensión abdominal|Gonfiore|Gonfiore addominale|Inchaço|Inchaço abdominal|Opgeblazen gevoel|腹胀|腹部膨満|膨満感",
  breast_pain:
    "Breast Pain|Douleurs mammaires|Douleur mammaire|Douleurs aux seins|Dolor en los senos|Dolor mamario|Dolor de mama|Dolore al seno|Dolori al seno|Dor nas mamas|Dor nos seios|Dor mamária|Pijnlijke borsten|Pijn in de borsten|乳房疼痛|乳房胀痛|乳房痛|乳房の痛み",
  chest_tightness_or_pain:
    "Chest Tightness or Pain|Engegefühl oder Schmerzen in der Brust|Engegefühl oder Schmerzen im Brustkorb|Oppression ou douleur thoracique|Opresión o dolor en el pecho|Oppressione o dolore al petto|Senso di oppressione o dolore al petto|Aperto ou dor no peito|Drukkend gevoel of pijn op de borst|Beklemmend gevoel of pijn op de borst|胸闷或胸痛|胸の圧迫感または痛み|胸部の圧迫感または痛み",
  chills: "Chills|Schüttelfrost|Frissons|Escalofríos|Brividi|Calafrios|Koude rillingen|Rillingen|寒战|发冷|悪寒|寒気",
  constipation:
    "Constipation|Verstopfung|Estreñimiento|Stitichezza|Costipazione|Prisão de ventre|Constipação|Obstipação|Constipatie|Obstipatie|便秘",
  coughing: "Coughing|Cough|Husten|Toux|Tos|Tosse|Hoesten|Hoest|咳嗽|咳",
  diarrhea: "Diarrhea|Diarrhoea|Durchfall|Diarrhée|Diarrea|Diarreia|Diarree|腹泻|下痢",
  dizziness:
    "Dizziness|Schwindel|Schwindelgefühl|Vertiges|Étourdissements|Mareos|Mareo|Vertigini|Capogiri|Tontura|Tonturas|Duizeligheid|头晕|めまい",
  dry_skin: "Dry Skin|Trockene Haut|Peau sèche|Piel seca|Pelle secca|Pele seca|Droge huid|皮肤干燥|皮膚の乾燥|乾燥肌",
  fainting:
    "Fainting|Ohnmacht|Évanouissement|Évanouissements|Desmayo|Desmayos|Svenimento|Svenimenti|Desmaio|Desmaios|Flauwvallen|晕厥|昏厥|失神",
  fatigue:
    "Fatigue|Müdigkeit|Erschöpfung|Fatiga|Cansancio|Affaticamento|Stanchezza|Fadiga|Cansaço|Vermoeidheid|疲劳|疲労|倦怠感",
  fever: "Fever|Fieber|Fièvre|Fiebre|Febbre|Febre|Koorts|发烧|发热|発熱",
  generalized_body_ache:
    "Body and Muscle Ache|Body & Muscle Ache|Körper- und Muskelschmerzen|Gliederschmerzen|Glieder- und Muskelschmerzen|Courbatures|Douleurs corporelles et musculaires|Dolor corporal y muscular|Dolores corporales y musculares|Dolori muscolari|Dores no corpo e musculares|Dor no corpo e muscular|Lichaams- en spierpijn|身体和肌肉疼痛|身体和肌肉酸痛|体の痛みと筋肉痛|体と筋肉の痛み",
  hair_loss:
    "Hair Loss|Haarausfall|Perte de cheveux|Chute de cheveux|Pérdida de cabello|Caída del cabello|Caída del pelo|Perdita di capelli|Caduta dei capelli|Queda de cabelo|Haaruitval|Haarverlies|脱发|脱毛|抜け毛",
  headache:
    "Headache|Kopfschmerzen|Kopfschmerz|Mal de tête|Maux de tête|Céphalée|Dolor de cabeza|Cefalea|Mal di testa|Dor de cabeça|Cefaleia|Hoofdpijn|头痛|頭痛",
  heartburn:
    "Heartburn|Sodbrennen|Brûlures d'estomac|Acidez|Acidez estomacal|Ardor de estómago|Bruciore di stomaco|Azia|Brandend maagzuur|Maagzuur|烧心|胃灼热|胸やけ|胸焼け",
  hot_flashes:
    "Hot Flashes|Hot Flushes|Hitzewallungen|Bouffées de chaleur|Sofocos|Bochornos|Vampate di calore|Vampate|Ondas de calor|Fogachos|Afrontamentos|Opvliegers|潮热|ほてり|ホットフラッシュ",
  loss_of_smell:
    "Loss of Smell|Verlust des Geruchssinns|Geruchsverlust|Perte d'odorat|Perte de l'odorat|Pérdida del olfato|Pérdida de olfato|Perdita dell'olfatto|Perda de olfato|Perda do olfato|Reukverlies|Verlies van reuk|嗅觉丧失|嗅覚の喪失|嗅覚障害",
  loss_of_taste:
    "Loss of Taste|Verlust des Geschmackssinns|Geschmacksverlust|Perte de goût|Perte du goût|Pérdida del gusto|Pérdida de gusto|Perdita del gusto|Perda de paladar|Perda do paladar|Smaakverlies|Verlies van smaak|味觉丧失|味覚の喪失|味覚障害",
  lower_back_pain:
    "Lower Back Pain|Schmerzen im unteren Rücken|Kreuzschmerzen|Douleurs lombaires|Douleur lombaire|Lombalgie|Dolor lumbar|Dolor en la parte baja de la espalda|Dolore lombare|Lombalgia|Dor lombar|Pijn in onderrug|Pijn onder in de rug|Lage rugpijn|下背痛|腰痛|下腰痛",
  memory_lapse:
    "Memory Lapse|Gedächtnislücken|Gedächtnislücke|Trou de mémoire|Trous de mémoire|Lapsus de memoria|Pérdida de memoria|Vuoti di memoria|Vuoto di memoria|Lapso de memória|Lapsos de memória|Geheugenverlies|记忆力减退|物忘れ|記憶障害",
  mood_changes:
    "Mood Changes|Stimmungsschwankungen|Stimmungsveränderungen|Stimmungsänderungen|Changements d'humeur|Sautes d'humeur|Cambios de humor|Cambios de ánimo|Sbalzi d'umore|Cambiamenti di umore|Alterações de humor|Mudanças de humor|Stemmingswisselingen|情绪变化|気分の変化",
  nausea: "Nausea|Übelkeit|Nausée|Nausées|Náuseas|Náusea|Misselijkheid|恶心|吐き気",
  night_sweats:
    "Night Sweats|Nachtschweiß|Nächtliches Schwitzen|Sueurs nocturnes|Sudores nocturnos|Sudoración nocturna|Sudorazioni notturne|Sudorazione notturna|Suores noturnos|Suor noturno|Nachtzweten|Nachtelijk zweten|盗汗|寝汗",
  pelvic_pain:
    "Pelvic Pain|Beckenschmerzen|Unterleibsschmerzen|Douleurs pelviennes|Douleur pelvienne|Dolor pélvico|Dolore pelvico|Dor pélvica|Bekkenpijn|盆腔疼痛|盆腔痛|骨盤痛",
  rapid_pounding_or_fluttering_heartbeat:
    "Rapid, Pounding, or Fluttering Heartbeat|Schneller, pochender oder flatternder Herzschlag|Schneller, klopfender oder flatternder Herzschlag|Palpitations|Palpitaciones|Palpitazioni|Palpitações|Hartkloppingen|心悸|動悸",
  runny_nose:
    "Runny Nose|Laufende Nase|Schnupfen|Nez qui coule|Écoulement nasal|Secreción nasal|Goteo nasal|Naso che cola|Naso gocciolante|Coriza|Nariz escorrendo|Corrimento nasal|Loopneus|流鼻涕|鼻水",
  shortness_of_breath:
    "Shortness of Breath|Kurzatmigkeit|Atemnot|Essoufflement|Dificultad para respirar|Falta de aire|Mancanza di respiro|Fiato corto|Respiro corto|Falta de ar|Kortademigheid|呼吸急促|气短|息切れ",
  sinus_congestion:
    "Sinus Congestion|Verstopfte Nase|Verstopfte Nebenhöhlen|Congestion des sinus|Congestion nasale|Congestión nasal|Congestione nasale|Congestão nasal|Verstopte neus|Verstopte holtes|鼻窦充血|鼻塞|鼻づまり",
  skipped_heartbeat:
    "Skipped Heartbeat|Herzstolpern|Aussetzender Herzschlag|Ausgelassener Herzschlag|Battement cardiaque manqué|Latido omitido|Latidos omitidos|Battito mancante|Battito saltato|Batimento cardíaco saltado|Overgeslagen hartslag|心跳漏搏|漏搏|心拍の欠落",
  sleep_changes:
    "Sleep Changes|Schlafveränderungen|Veränderter Schlaf|Changements de sommeil|Modifications du sommeil|Cambios en el sueño|Cambios de sueño|Cambiamenti del sonno|Alterações do sono|Alterações no sono|Mudanças no sono|Slaapveranderingen|睡眠变化|睡眠の変化",
  sore_throat:
    "Sore Throat|Halsschmerzen|Mal de gorge|Maux de gorge|Dolor de garganta|Mal di gola|Dor de garganta|Keelpijn|喉咙痛|咽喉痛|喉の痛み|のどの痛み",
  vaginal_dryness:
    "Vaginal Dryness|Scheidentrockenheit|Vaginale Trockenheit|Sécheresse vaginale|Sequedad vaginal|Secchezza vaginale|Secura vaginal|Vaginale droogheid|阴道干燥|膣の乾燥",
  vomiting:
    "Vomiting|Erbrechen|Vomissements|Vomissement|Vómitos|Vómito|Vomito|Vômito|Vômitos|Overgeven|Braken|呕吐|嘔吐",
  wheezing:
    "Wheezing|Keuchen|Pfeifende Atmung|Pfeifendes Atmen|Respiration sifflante|Sibilancias|Sibilancia|Respiro sibilante|Chiado no peito|Chiado|Pieira|Piepende ademhaling|喘鸣|喘鳴",
});

/** Values of symptoms, and of an ECG's severity. */
export const symptomValues = buildNameTable({
  none: "None|Keine|Keiner|Aucun|Aucune|Ninguno|Ninguna|Nessuno|Nessuna|Nenhum|Nenhuma|Geen",
  not_present:
    "Not Present|Nicht vorhanden|Non présent|Non présente|Absent|Absente|No presente|Ausente|Non presente|Assente|Não presente|Niet aanwezig|不存在|无|なし",
  present: "Present|Vorhanden|Présent|Présente|Presente|Aanwezig|存在|あり",
  mild: "Mild|Leicht|Léger|Légère|Leve|Ligero|Ligera|Lieve|Licht|轻微|轻度|軽度|軽い",
  moderate:
    "Moderate|Mäßig|Mittel|Mittelschwer|Modéré|Modérée|Moderado|Moderada|Moderato|Moderata|Matig|Gemiddeld|中度|中等|中程度",
  severe:
    "Severe|Schwer|Stark|Sévère|Grave|Severo|Severa|Intenso|Intensa|Forte|Ernstig|Hevig|Zwaar|严重|重度|重い|ひどい",
  unspecified:
    "Unspecified|Nicht angegeben|Nicht spezifiziert|Unbestimmt|Non spécifié|Non spécifiée|Non précisé|Sin especificar|No especificado|No especificada|Non specificato|Não especificado|Niet gespecificeerd|Niet opgegeven|未指定|未指明|指定なし",
  no_change:
    "No Change|Keine Veränderung|Keine Änderung|Aucun changement|Sin cambios|Nessun cambiamento|Sem alteração|Geen verandering|无变化|変化なし",
  increased: "Increased|Erhöht|Gesteigert|Augmenté|Aumentado|Aumentato|Toegenomen|增加|増加",
  decreased: "Decreased|Verringert|Vermindert|Diminué|Disminuido|Diminuito|Diminuído|Afgenomen|减少|減少",
  not_set: "Not Set|Nicht festgelegt|Non défini|Sin definir|Non impostato|Não definido|Niet ingesteld|未设置|未設定",
});

export const cycleNames = buildNameTable({
  menstrual_flow:
    "Menstrual Flow|Menstruation|Menstruationsblutung|Menstruationsstärke|Menstruationsfluss|Flux menstruel|Règles|Flujo menstrual|Menstruación|Flusso mestruale|Mestruazioni|Fluxo menstrual|Menstruação|Menstruatie|月经流量|月经|経血量|月経",
  intermenstrual_bleeding:
    "Intermenstrual Bleeding|Spotting|Zwischenblutung|Zwischenblutungen|Schmierblutung|Schmierblutungen|Saignements intermenstruels|Saignement intermenstruel|Sangrado intermenstrual|Manchado|Perdite intermestruali|Sangramento intermenstrual|Tussentijds bloedverlies|Tussentijdse bloeding|经间期出血|点滴出血|不正出血",
  cervical_mucus_quality:
    "Cervical Mucus Quality|Cervical Mucus|Zervixschleim|Zervixschleimqualität|Qualität des Zervixschleims|Glaire cervicale|Qualité de la glaire cervicale|Moco cervical|Calidad del moco cervical|Muco cervicale|Qualità del muco cervicale|Muco cervical|Qualidade do muco cervical|Baarmoederhalsslijm|Cervixslijm|宫颈粘液|宫颈粘液质量|宫颈黏液质量|子宮頸管粘液",
  ovulation_test_result:
    "Ovulation Test Result|Ovulation Test|Ovulationstest|Ovulationstestergebnis|Ergebnis des Ovulationstests|Test d'ovulation|Résultat du test d'ovulation|Prueba de ovulación|Resultado de la prueba de ovulación|Resultado del test de ovulación|Test di ovulazione|Risultato del test di ovulazione|Teste de ovulação|Resultado do teste de ovulação|Ovulatietest|Resultaat ovulatietest|排卵测试结果|排卵検査結果|排卵検査",
  progesterone_test_result:
    "Progesterone Test Result|Progesterone Test|Progesterontest|Progesterontestergebnis|Ergebnis des Progesterontests|Test de progestérone|Résultat du test de progestérone|Prueba de progesterona|Resultado de la prueba de progesterona|Test del progesterone|Risultato del test del progesterone|Teste de progesterona|Resultado do teste de progesterona|Resultaat progesterontest|孕酮测试结果|プロゲステロン検査結果",
  pregnancy_test_result:
    "Pregnancy Test Result|Pregnancy Test|Schwangerschaftstest|Schwangerschaftstestergebnis|Ergebnis des Schwangerschaftstests|Test de grossesse|Résultat du test de grossesse|Prueba de embarazo|Resultado de la prueba de embarazo|Test di gravidanza|Risultato del test di gravidanza|Teste de gravidez|Resultado do teste de gravidez|Zwangerschapstest|Resultaat zwangerschapstest|怀孕测试结果|妊娠検査結果|妊娠検査",
  pregnancy: "Pregnancy|Schwangerschaft|Grossesse|Embarazo|Gravidanza|Gravidez|Zwangerschap|怀孕|妊娠",
  lactation:
    "Lactation|Stillzeit|Laktation|Allaitement|Lactancia|Allattamento|Lactação|Amamentação|Borstvoeding|Lactatie|哺乳|哺乳期|授乳",
  contraceptive:
    "Contraceptive|Contraceptives|Verhütungsmittel|Verhütung|Contraceptif|Contraceptifs|Contraception|Anticonceptivo|Anticonceptivos|Contraccettivo|Contraccettivi|Contraceptivo|Contraceptivos|Anticoncepcional|Anticonceptie|Voorbehoedsmiddel|避孕措施|避孕|避妊",
  sexual_activity:
    "Sexual Activity|Sexuelle Aktivität|Activité sexuelle|Actividad sexual|Attività sessuale|Atividade sexual|Seksuele activiteit|性行为|性活动|性行為",
  infrequent_menstrual_cycles:
    "Infrequent Menstrual Cycle|Infrequent Periods|Seltene Menstruationszyklen|Seltene Periode|Cycles menstruels peu fréquents|Ciclos menstruales poco frecuentes|Ciclos menstruales infrecuentes|Cicli mestruali poco frequenti|Ciclos menstruais infrequentes",
  irregular_menstrual_cycles:
    "Irregular Menstrual Cycle|Irregular Periods|Unregelmäßige Menstruationszyklen|Unregelmäßige Periode|Cycles menstruels irréguliers|Ciclos menstruales irregulares|Cicli mestruali irregolari|Ciclos menstruais irregulares|Onregelmatige menstruatiecycli",
  persistent_intermenstrual_bleeding:
    "Persistent Menstrual Bleeding|Persistent Spotting|Anhaltende Zwischenblutungen|Saignements intermenstruels persistants|Sangrado intermenstrual persistente|Perdite intermestruali persistenti|Sangramento intermenstrual persistente",
  prolonged_menstrual_periods:
    "Prolonged Menstrual Period|Prolonged Periods|Verlängerte Menstruation|Verlängerte Periode|Règles prolongées|Menstruación prolongada|Mestruazioni prolungate|Menstruação prolongada|Langdurige menstruatie",
  bleeding_during_pregnancy:
    "Bleeding During Pregnancy|Blutungen während der Schwangerschaft|Saignements pendant la grossesse|Sangrado durante el embarazo|Perdite durante la gravidanza|Sangramento durante a gravidez",
  bleeding_after_pregnancy:
    "Bleeding After Pregnancy|Blutungen nach der Schwangerschaft|Saignements après la grossesse|Sangrado después del embarazo|Perdite dopo la gravidanza|Sangramento após a gravidez",
});

export const cycleValues = buildNameTable({
  unspecified:
    "Unspecified|Nicht angegeben|Nicht spezifiziert|Non spécifié|Non précisé|Sin especificar|No especificado|Non specificato|Não especificado|Niet gespecificeerd|Niet opgegeven|未指定|未指明|指定なし",
  none: "None|Keine|Keiner|Aucun|Aucune|Ninguno|Ninguna|Nessuno|Nessuna|Nenhum|Nenhuma|Geen|无|なし",
  light: "Light|Leicht|Schwach|Léger|Légère|Faible|Ligero|Leve|Escaso|Leggero|Scarso|Fraco|Licht|少量|軽い|少ない",
  medium: "Medium|Moderate|Mittel|Moyen|Moyenne|Medio|Moderado|Moderato|Médio|Gemiddeld|中等|中量|普通",
  heavy: "Heavy|Stark|Abondant|Abondante|Abundante|Abbondante|Intenso|Hevig|大量|多い|重い",
  present: "Present|Vorhanden|Présent|Présente|Presente|Aanwezig|存在|あり",
  not_present: "Not Present|Nicht vorhanden|Non présent|No presente|Non presente|Não presente|Niet aanwezig|不存在",
  dry: "Dry|Trocken|Sec|Sèche|Seco|Secco|Droog|干燥|乾燥",
  sticky: "Sticky|Klebrig|Collant|Collante|Pegajoso|Appiccicoso|Plakkerig|Kleverig|粘稠|粘着性",
  creamy: "Creamy|Cremig|Crémeux|Crémeuse|Cremoso|Romig|乳状|クリーム状",
  watery: "Watery|Wässrig|Aqueux|Aqueuse|Acuoso|Acquoso|Aquoso|Waterig|水状|水っぽい",
  egg_white: "Egg White|Eiweiß|Eiweißartig|Blanc d'œuf|Clara de huevo|Albume|Clara de ovo|Eiwit|蛋清状|蛋清|卵白状",
  negative: "Negative|Negativ|Négatif|Négative|Negativo|Negativa|Negatief|阴性|陰性",
  positive: "Positive|Positiv|Positif|Positivo|Positiva|Positief|阳性|陽性",
  indeterminate:
    "Indeterminate|Unbestimmt|Uneindeutig|Indéterminé|Indeterminado|Indeterminato|Onbepaald|不确定|判定不能",
  lh_surge:
    "LH Surge|Luteinizing Hormone Surge|LH-Anstieg|Pic de LH|Pico de LH|Picco LH|Picco di LH|LH-piek|LH激增|LHサージ",
  estrogen_surge:
    "Estrogen Surge|Oestrogen Surge|Östrogenanstieg|Pic d'œstrogènes|Pico de estrógeno|Pico de estrógenos|Picco di estrogeni|Pico de estrogênio|Oestrogeenpiek",
  implant: "Implant|Implantat|Implante|Impianto|Implantaat|植入",
  injection: "Injection|Spritze|Injektion|Inyección|Iniezione|Injeção|Injectie|注射",
  iud: "IUD|Intrauterine Device|Spirale|Stérilet|DIU|Dispositivo intrauterino|Spiraal|宫内节育器",
  ring: "Ring|Vaginal Ring|Intravaginal Ring|Anneau|Anneau vaginal|Anillo|Anillo vaginal|Anello|Anello vaginale|Anel|Anel vaginal|阴道环",
  oral: "Oral|Pill|Pille|Pilule|Oral contraceptive|Píldora|Orale|Pillola|Pílula|Pil|口服|経口",
  patch: "Patch|Pflaster|Parche|Cerotto|Adesivo|Pleister|贴片|パッチ",
  protection_used:
    "Protection Used|Geschützt|Schutz verwendet|Protégée|Protection utilisée|Protección utilizada|Con protección|Protezione usata|Protezione utilizzata|Proteção usada|Com proteção|Bescherming gebruikt|使用了避孕措施",
  protection_not_used:
    "Protection Not Used|Ungeschützt|Schutz nicht verwendet|Kein Schutz verwendet|Protection non utilisée|Protección no utilizada|Sin protección|Protezione non usata|Protezione non utilizzata|Proteção não usada|Sem proteção|Bescherming niet gebruikt|未使用避孕措施",
});

export const medicationStatuses = buildNameTable({
  taken:
    "Taken|Genommen|Eingenommen|Pris|Prise|Tomado|Tomada|Assunto|Assunta|Preso|Presa|Ingenomen|Genomen|已服用|服用済み",
  skipped:
    "Skipped|Übersprungen|Ausgelassen|Ignoré|Ignorée|Sauté|Sautée|Omis|Omise|Omitido|Omitida|Saltato|Saltata|Ignorado|Ignorada|Pulado|Pulada|Overgeslagen|已跳过|スキップ",
  snoozed:
    "Snoozed|Später erinnern|Zurückgestellt|Verschoben|Reporté|Reportée|Pospuesto|Pospuesta|Posticipato|Posticipata|Rimandato|Adiado|Adiada|Uitgesteld|已推迟|スヌーズ",
  not_interacted:
    "Not Interacted|Keine Interaktion|Nicht interagiert|Aucune interaction|Pas d'interaction|No Interactuado|Sin interacción|Nessuna interazione|Sem interação|Não interagido|Geen interactie|未交互|未操作",
  not_logged:
    "Not Logged|Nicht protokolliert|Nicht erfasst|Non enregistré|Non enregistrée|No registrado|No registrada|Non registrato|Non registrata|Não registrado|Não registado|Niet geregistreerd|Niet vastgelegd|未记录|記録なし",
  notification_not_sent:
    "Notification Not Sent|Mitteilung nicht gesendet|Benachrichtigung nicht gesendet|Notification non envoyée|Notificación no enviada|Notifica non inviata|Notificação não enviada|Melding niet verzonden|Melding niet verstuurd|通知未发送|通知未送信",
  unspecified:
    "Unspecified|Nicht angegeben|Nicht spezifiziert|Non spécifié|Sin especificar|No especificado|Non specificato|Não especificado|Niet gespecificeerd|未指定|指定なし",
});

export const ecgClassifications = buildNameTable({
  sinus_rhythm:
    "Sinus Rhythm|Sinusrhythmus|Rythme sinusal|Ritmo sinusal|Ritmo sinusale|Sinusritme|窦性心律|窦性节律|洞調律",
  atrial_fibrillation:
    "Atrial Fibrillation|Vorhofflimmern|Fibrillation auriculaire|Fibrillation atriale|Fibrilación auricular|Fibrillazione atriale|Fibrilação atrial|Fibrilhação auricular|Atriumfibrilleren|Boezemfibrilleren|心房颤动|房颤|心房細動",
  inconclusive_low_heart_rate:
    "Inconclusive Low Heart Rate|Low Heart Rate|Niedrige Herzfrequenz|Fréquence cardiaque basse|Frecuencia cardiaca baja|Battito cardiaco basso|Frequenza cardiaca bassa|Frequência cardíaca baixa|Lage hartslag|低心拍数|心率过缓",
  inconclusive_high_heart_rate: "Inconclusive High Heart Rate",
  high_heart_rate:
    "High Heart Rate|Hohe Herzfrequenz|Fréquence cardiaque élevée|Frecuencia cardiaca alta|Frequenza cardiaca alta|Frequência cardíaca alta|Hoge hartslag|高心拍数|心率过速",
  inconclusive_poor_recording:
    "Inconclusive Poor Recording|Inconclusive Poor Reading|Poor Recording|Schlechte Aufzeichnung|Schlechte Aufnahme|Enregistrement de mauvaise qualité|Grabación deficiente|Registrazione scadente|Slechte opname|记录不佳|記録不良",
  inconclusive:
    "Inconclusive Other|Nicht eindeutig|Uneindeutig|Nicht schlüssig|Non concluant|No concluyente|Inconcluyente|Non conclusivo|Inconclusivo|Inconclusief|Niet eenduidig|不确定|无定论|判定不能",
  unrecognized: "Unrecognized|Unrecognised|Nicht erkannt|Non reconnu|No reconocido|Non riconosciuto|Não reconhecido",
  not_set: "Not Set|Nicht festgelegt|Non défini|Sin definir|Non impostato|Não definido|Niet ingesteld|未设置|未設定",
});

/** Slugs are not localised (spec section 5.5); display texts and HealthKit's numbers 1 to 7 are other writers' forms. */
export const moodClassifications = buildNameTable({
  very_unpleasant: "1|Very Unpleasant",
  unpleasant: "2",
  slightly_unpleasant: "3|Slightly Unpleasant",
  neutral: "4",
  slightly_pleasant: "5|Slightly Pleasant",
  pleasant: "6",
  very_pleasant: "7|Very Pleasant",
});

export const notificationTypes = buildNameTable({
  high_heart_rate_notification: "High Heart Rate|High Heart Rate Event|High Heart Rate Notifications",
  low_heart_rate_notification: "Low Heart Rate|Low Heart Rate Event|Low Heart Rate Notifications",
  irregular_rhythm_notification:
    "Irregular Rhythm|Irregular Heart Rhythm|Irregular Heart Rhythm Event|Irregular Heart Rate Notification|Irregular Heart Rate Notifications",
});

/** What HealthKit's own constants put before the word (spec section 9.1), as other senders and export.xml write it. */
const constantPrefix =
  /^HKCategory(?:TypeIdentifier|Value(?:Severity|Presence|AppetiteChanges|MenstrualFlow|VaginalBleeding|CervicalMucusQuality|OvulationTestResult|ProgesteroneTestResult|PregnancyTestResult|Contraceptive)?)/;

/** The slug that a text stands for, or the text itself: what nobody mapped has to survive (spec section 5.5). */
export function mapText(table: NameTable, text: string): string {
  return findSlug(table, text.trim().replace(constantPrefix, "")) ?? text;
}
