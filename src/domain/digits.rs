//! Digits of a count, with thousands separated: `2,138`. Pure.

/// The digits of a whole number in groups of three with `mark` between them. What is anything else than digits stays as it is.
///
/// ```
/// use moe_arena::domain::digits::grouped;
/// let told = ["7", "1000", "1234567", "−1000", "run-1000"].map(|digits| grouped(digits, ','));
/// assert_eq!(told, ["7", "1,000", "1,234,567", "−1000", "run-1000"]);
/// ```
pub fn grouped(digits: &str, mark: char) -> String {
    if digits.len() < 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return digits.to_owned();
    }
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(mark);
        }
        out.push(digit);
    }
    out
}
