// Text for tests that train models: the same every time, with words and sentences that have something to learn.

const WORDS = {
  article: ["the", "a", "every", "some", "no"],
  adjective: ["old", "quiet", "bright", "narrow", "patient", "salt", "northern", "broken", "green", "early"],
  noun: ["river", "miller", "wheel", "stone", "harbour", "lantern", "bridge", "winter", "ferry", "garden", "letter", "orchard"],
  verb: ["turned", "carried", "watched", "crossed", "remembered", "followed", "left", "found", "answered", "kept"],
  place: ["by the water", "under the bridge", "in the morning", "beyond the hills", "at the mill", "before the rain"],
} as const;

/** At least so many bytes of sentences, from a generator that needs no seed to be the same everywhere. */
export function prose(bytes: number): string {
  let state = 1;
  const pick = (list: readonly string[]) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return list[(state >> 8) % list.length] as string;
  };
  const sentences: string[] = [];
  for (let length = 0; length < bytes; ) {
    const { article, adjective, noun, verb, place } = WORDS;
    const words = [pick(article), pick(adjective), pick(noun), pick(verb), pick(article), pick(noun), pick(place)];
    const sentence = `${words.join(" ").replace(/^./, (first) => first.toUpperCase())}.${sentences.length % 8 === 7 ? "\n\n" : " "}`;
    sentences.push(sentence);
    length += sentence.length;
  }
  return sentences.join("");
}
