//! The special functions that the models need, for the arguments that they have.

/// Lanczos' coefficients for g = 7.
const LANCZOS: [f64; 9] = [
    0.999_999_999_999_809_9,
    676.520_368_121_885_1,
    -1_259.139_216_722_402_8,
    771.323_428_777_653_1,
    -176.615_029_162_140_6,
    12.507_343_278_686_905,
    -0.138_571_095_265_720_12,
    9.984_369_578_019_572e-6,
    1.505_632_735_149_311_6e-7,
];

/// The logarithm of the gamma function above zero.
pub(super) fn ln_gamma(x: f64) -> f64 {
    if x < 0.5 {
        // Γ(x) Γ(1 − x) = π / sin πx
        return (std::f64::consts::PI / (std::f64::consts::PI * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let mut sum = LANCZOS[0];
    for (n, coefficient) in LANCZOS.iter().enumerate().skip(1) {
        sum += coefficient / (x + n as f64);
    }
    let t = x + 7.5;
    0.918_938_533_204_672_8 + (x + 0.5) * t.ln() - t + sum.ln()
}

/// The logarithm of the beta function.
pub(super) fn ln_beta(a: f64, b: f64) -> f64 {
    ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)
}

/// ln(eᵃ + eᵇ).
pub(super) fn ln_sum(a: f64, b: f64) -> f64 {
    let (small, large) = if a < b { (a, b) } else { (b, a) };
    if small == f64::NEG_INFINITY { large } else { large + (small - large).exp().ln_1p() }
}

/// Terms of a series at most: more are asked for only at the edges, where no fit is believed.
const TERMS: u32 = 3_000;

/// Gauss's hypergeometric series for 0 ≤ z < 1.
pub(super) fn hypergeometric(a: f64, b: f64, c: f64, z: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    for n in 0..TERMS {
        let n = f64::from(n);
        term *= (a + n) * (b + n) / ((c + n) * (1.0 + n)) * z;
        sum += term;
        if term.abs() <= 1e-16 * sum.abs() {
            break;
        }
    }
    sum
}

/// ln ₂F₁(a, b; a + 1; z) by Euler's transformation, after which all terms are above zero and fall.
pub(super) fn ln_hypergeometric_next(a: f64, b: f64, z: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    for n in 0..TERMS {
        let n = f64::from(n);
        term *= (a + 1.0 - b + n) / (a + 1.0 + n) * z;
        sum += term;
        if term <= 1e-15 * sum {
            break;
        }
    }
    (1.0 - b) * (-z).ln_1p() + sum.ln()
}

/// eᶻ Γ(a, z) for z > 0, by the continued fraction (Lentz).
pub(super) fn scaled_upper_gamma(a: f64, z: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let mut b = z + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut h = d;
    for n in 1..TERMS {
        let n = f64::from(n);
        let an = -n * (n - a);
        b += 2.0;
        d = an * d + b;
        d = 1.0 / if d.abs() < TINY { TINY } else { d };
        c = b + an / c;
        c = if c.abs() < TINY { TINY } else { c };
        let delta = c * d;
        h *= delta;
        if (delta - 1.0).abs() < 1e-14 {
            break;
        }
    }
    z.powf(a) * h
}
