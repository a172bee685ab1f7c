// The gradient of attention's result, in the shader's buffer `g`: its number `d` at a position; 0 beyond the ends.
fn gradient(head: Head, position: u32, d: u32) -> f32 {
    if (position < head.positions && d < head.depth) {
        return g[(head.token + position) * head.width + head.column + d];
    }
    return 0.0;
}
