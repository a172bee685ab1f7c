// The sigmoid 1 ÷ (1 + e⁻ˣ), without overflow at either end.
fn sigmoid(x: f32) -> f32 {
    let e = exp(-abs(x));
    let small = e / (1.0 + e);
    return select(1.0 - small, small, x < 0.0);
}
