-- Search folds as conditions do (spec/fold.tbl): case, accents, and Russian ё as е. A generated column cannot stand on another,
-- so the letters stand in a function.
CREATE FUNCTION switchboard_fold(words TEXT) RETURNS TEXT LANGUAGE SQL IMMUTABLE PARALLEL SAFE AS $$
  SELECT regexp_replace(translate(words,
  'AÀÁÂÃÄÅàáâãäåĀāĂăĄąẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặBCÇçĆćĈĉĊċČčDÐðĎďĐđEÈÉÊËèéêëĒēĔĕĖėĘęĚěẸẹẺẻẼẽẾếỀềỂểỄễỆệFGĜĝĞğĠġĢģHĤĥĦħIÌÍÎÏìíîïĨĩĪīĬĭĮįİıỈỉỊịJĴĵKĶķLĹĺĻļĽľŁłMNÑñŃńŅņŇňOÒÓÔÕÖØòóôõöøŌōŎŏŐőỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợPQRŔŕŖŗŘřSŚśŜŝŞşŠšſȘșTŢţŤťŦŧȚțUÙÚÛÜùúûüŨũŪūŬŭŮůŰűŲųỤụỦủỨứỪừỬửỮữỰựVWŴŵẀẁẂẃẄẅXYÝýÿŶŷŸỲỳỴỵỶỷỸỹZŹźŻżŽžÆÞĲĿŊŒΆΑάΒΓΔΈΕέΖΉΗήΘΊΐΙΪίϊΚΛΜΝΞΌΟόΠΡΣςΤΎΥΫΰϋύΦΧΨΏΩώАБВГДЁЕёЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЀЂЃЄЅІЇЈЉЊЋЌЍЎЏҊҌҎҐҒҔҖҘҚҜҞҠҢҤҦҨҪҬҮҰҲҴҶҸҺҼҾӁӃӅӇӉӋӍӀӐӒӔӖӘӚӜӞӠӢӤӦӨӪӬӮӰӲӴӶӸӺӼӾԀԂԄԆԈԊԌԎԐԒԔԖԘԚԜԞԠԢԤԦԨԪԬԮ',
  'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabcccccccccccdddddddeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeefggggggggghhhhhiiiiiiiiiiiiiiiiiiiiiiijjjkkklllllllllmnnnnnnnnnooooooooooooooooooooooooooooooooooooooooooopqrrrrrrrsssssssssssstttttttttuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuvwwwwwwwwwxyyyyyyyyyyyyyyyzzzzzzzæþĳŀŋœαααβγδεεεζηηηθιιιιιικλμνξοοοπρσστυυυυυυφχψωωωабвгдееежзийклмнопрстуфхцчшщъыьэюяѐђѓєѕіїјљњћќѝўџҋҍҏґғҕҗҙқҝҟҡңҥҧҩҫҭүұҳҵҷҹһҽҿӂӄӆӈӊӌӎӏӑӓӕӗәӛӝӟӡӣӥӧөӫӭӯӱӳӵӷӹӻӽӿԁԃԅԇԉԋԍԏԑԓԕԗԙԛԝԟԡԣԥԧԩԫԭԯ'), '[\u0300-\u036f]', '', 'g') $$;
DROP INDEX customer_search;
ALTER TABLE customer DROP COLUMN search;
ALTER TABLE customer ADD COLUMN search tsvector
  GENERATED ALWAYS AS (to_tsvector('simple', switchboard_fold(name || ' ' || coalesce(username, '')))) STORED;
CREATE INDEX customer_search ON customer USING gin (search);
