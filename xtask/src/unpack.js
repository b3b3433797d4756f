// Unpacks what ordinal.html holds (`xtask/src/single_file.rs` packs it): LZMA by its specification, with four bits of the byte
// before as a literal's context and none of its place, in letters of seven bits.
//
// Gives the bytes, and what unpacks some more of them and tells how many there are: what is needed first is there first.
const unpacking = (text, size) => {
  const input = new Uint8Array(text.length);
  let put = 0;
  let [held, bits] = [0, 0];
  const take = (letter) => {
    held |= letter << bits;
    bits += 7;
    if (bits > 7) {
      input[put++] = held;
      held >>>= 8;
      bits -= 8;
    }
  };
  for (let place = 0; place < text.length; place += 1) {
    const letter = text.charCodeAt(place);
    // One that does not stand in the text for itself, and the one after it.
    if (letter > 127) take(ABSENT[(letter >> 7) - 2]);
    take(letter & 127);
  }

  const output = new Uint8Array(size);
  let filled = 0;

  // The range coder. Probabilities are of 2048.
  const [MATCH, REP, REP_0, REP_1, REP_2, REP_LONG] = [0, 12, 24, 36, 48, 60];
  const [SLOTS, SPECIAL, ALIGNED, LENGTH, REP_LENGTH, LITERALS] = [72, 328, 443, 459, 731, 1003];
  const chances = new Uint16Array(LITERALS + 0x300 * 16).fill(1024);
  // The first byte is none of its own.
  let next = 5;
  let range = 0xffffffff;
  let code = (input[1] << 24 | input[2] << 16 | input[3] << 8 | input[4]) >>> 0;
  const refill = () => {
    range = range << 8 >>> 0;
    code = (code << 8 | input[next++]) >>> 0;
  };
  const bit = (place) => {
    const chance = chances[place];
    const bound = (range >>> 11) * chance;
    const is = code >= bound;
    if (is) {
      range -= bound;
      code -= bound;
      chances[place] = chance - (chance >>> 5);
    } else {
      range = bound;
      chances[place] = chance + (2048 - chance >>> 5);
    }
    if (range < 0x1000000) refill();
    return is ? 1 : 0;
  };
  const number = (place, bits) => {
    let read = 1;
    for (let left = bits; left; left -= 1) read = read << 1 | bit(place + read);
    return read - (1 << bits);
  };
  // From the lowest bit on.
  const reversed = (place, bits) => {
    let sum = 0;
    for (let read = 1, at = 0; at < bits; at += 1) {
      const is = bit(place + read);
      read = read << 1 | is;
      sum |= is << at;
    }
    return sum;
  };
  const direct = (bits) => {
    let sum = 0;
    for (let left = bits; left; left -= 1) {
      range >>>= 1;
      const is = code >= range;
      if (is) code -= range;
      sum = sum << 1 | is;
      if (range < 0x1000000) refill();
    }
    return sum;
  };
  const length = (place) => {
    if (!bit(place)) return 2 + number(place + 2, 3);
    return bit(place + 1) ? 18 + number(place + 16, 8) : 10 + number(place + 9, 3);
  };
  const distance = (length) => {
    const slot = number(SLOTS + 64 * Math.min(length - 2, 3), 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const start = (2 | slot & 1) << bits;
    if (slot < 14) return start + reversed(SPECIAL + start - slot, bits);
    return start + (direct(bits - 4) << 4) + reversed(ALIGNED, 4);
  };

  // What came last, and how far back the last four repetitions were.
  let state = 0;
  let [back, second, third, fourth] = [0, 0, 0, 0];
  const literal = () => {
    const place = LITERALS + 0x300 * (filled ? output[filled - 1] >> 4 : 0);
    let read = 1;
    if (state > 6) {
      // Beside the byte that stands where the last repetition ended, as long as they agree.
      for (let beside = output[filled - back - 1]; read < 256; beside <<= 1) {
        const expected = beside >> 7 & 1;
        const is = bit(place + (1 + expected << 8) + read);
        read = read << 1 | is;
        if (is !== expected) break;
      }
    }
    while (read < 256) read = read << 1 | bit(place + read);
    output[filled++] = read;
    state = state < 4 ? 0 : state - (state < 10 ? 3 : 6);
  };
  // How many bytes are repeated.
  const repetition = () => {
    if (!bit(REP + state)) {
      [fourth, third, second] = [third, second, back];
      const long = length(LENGTH);
      back = distance(long);
      state = state < 7 ? 7 : 10;
      return long;
    }
    if (bit(REP_0 + state)) {
      let from = second;
      if (bit(REP_1 + state)) {
        from = third;
        if (bit(REP_2 + state)) [from, fourth] = [fourth, third];
        third = second;
      }
      [second, back] = [back, from];
    } else if (!bit(REP_LONG + state)) {
      state = state < 7 ? 9 : 11;
      return 1;
    }
    state = state < 7 ? 8 : 11;
    return length(REP_LENGTH);
  };
  const unpackMore = (most) => {
    for (const end = Math.min(filled + most, size); filled < end;) {
      if (bit(MATCH + state)) {
        for (let left = repetition(); left; left -= 1, filled += 1) output[filled] = output[filled - back - 1];
      } else {
        literal();
      }
    }
    return filled;
  };
  return { output, unpackMore };
};
