// Whether a number is finite, by its bits: a compiler may take it that numbers are.
fn finite(x: f32) -> bool {
    return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
}
