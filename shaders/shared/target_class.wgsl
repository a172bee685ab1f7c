// The class a target means, `width` if it is none: below 0, too large, or no number.
fn class_of(target_value: f32, width: u32) -> u32 {
    if (!finite(target_value) || target_value < 0.0 || target_value >= f32(width)) {
        return width;
    }
    return min(u32(target_value), width - 1u);
}
