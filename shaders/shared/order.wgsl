// The order of scores, in which NaN comes last: whole numbers in the order of the floats, −0 equal to 0, NaN below all.
fn order(x: f32) -> u32 {
    let bits = bitcast<u32>(x);
    let magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) {
        return 0u;
    }
    if (magnitude == 0u) {
        return 0x80000000u;
    }
    if (bits != magnitude) {
        return ~bits;
    }
    return bits | 0x80000000u;
}
