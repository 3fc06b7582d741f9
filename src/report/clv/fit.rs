//! Maximum likelihood: Broyden, Fletcher, Goldfarb and Shanno's method on the logarithms of the parameters, which are all
//! above zero, from two starts.

/// A fit.
#[derive(Clone, Debug)]
pub(super) struct Fit<const N: usize> {
    pub parameters: [f64; N],
    pub ln_likelihood: f64,
    /// Standard errors from the observed information; not a number where that has no inverse.
    pub errors: [f64; N],
}

/// Steps at most.
const STEPS: usize = 100;
/// Logarithms of parameters stay within these bounds: what runs to them is no fit.
const BOUND: f64 = 11.0;

/// The parameters at which a function of them is largest.
pub(super) fn maximise<const N: usize>(of: &impl Fn([f64; N]) -> f64, starts: [[f64; N]; 2]) -> Fit<N> {
    let loss = |logs: [f64; N]| {
        let value = -of(logs.map(f64::exp));
        if value.is_finite() { value } else { f64::MAX }
    };
    let [first, second] = starts.map(|start| descend(&loss, start.map(f64::ln)));
    let (logs, least) = if second.1 < first.1 { second } else { first };
    let parameters = logs.map(f64::exp);
    Fit { parameters, ln_likelihood: -least, errors: errors(of, parameters) }
}

fn gradient<const N: usize>(loss: &impl Fn([f64; N]) -> f64, at: [f64; N]) -> [f64; N] {
    const STEP: f64 = 1e-4;
    std::array::from_fn(|n| {
        let moved = |by: f64| {
            let mut there = at;
            there[n] += by;
            loss(there)
        };
        (moved(STEP) - moved(-STEP)) / (2.0 * STEP)
    })
}

fn dot<const N: usize>(a: [f64; N], b: [f64; N]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The lowest point that can be found from a start.
fn descend<const N: usize>(loss: &impl Fn([f64; N]) -> f64, start: [f64; N]) -> ([f64; N], f64) {
    let (mut at, mut value) = (start, loss(start));
    let mut slope = gradient(loss, at);
    let identity = || std::array::from_fn(|row| std::array::from_fn(|column| if row == column { 1.0 } else { 0.0 }));
    let scale = 1.0 / slope.iter().fold(1.0_f64, |most, s| most.max(s.abs()));
    let mut inverse: [[f64; N]; N] = identity();
    inverse.iter_mut().flatten().for_each(|cell| *cell *= scale);
    for _ in 0..STEPS {
        let mut direction: [f64; N] = std::array::from_fn(|row| -dot(inverse[row], slope));
        if dot(direction, slope) >= 0.0 {
            inverse = identity();
            inverse.iter_mut().flatten().for_each(|cell| *cell *= scale);
            direction = slope.map(|s| -s * scale);
        }
        let longest = direction.iter().fold(0.0_f64, |most, d| most.max(d.abs()));
        let mut length = if longest > 1.0 { 1.0 / longest } else { 1.0 };
        let mut next = (at, value);
        for _ in 0..40 {
            let there: [f64; N] = std::array::from_fn(|n| (at[n] + length * direction[n]).clamp(-BOUND, BOUND));
            let found = loss(there);
            if found <= value + 1e-4 * length * dot(direction, slope) {
                next = (there, found);
                break;
            }
            length /= 2.0;
        }
        let gained = value - next.1;
        let moved: [f64; N] = std::array::from_fn(|n| next.0[n] - at[n]);
        let new_slope = gradient(loss, next.0);
        let bent: [f64; N] = std::array::from_fn(|n| new_slope[n] - slope[n]);
        (at, value, slope) = (next.0, next.1, new_slope);
        if gained.abs() <= 1e-10 * value.abs().max(1.0) && slope.iter().all(|s| s.abs() < 1e-3 * value.abs().max(1.0).sqrt()) {
            break;
        }
        if gained == 0.0 || at.iter().any(|log| log.abs() >= BOUND - 0.1) {
            break;
        }
        let along = dot(moved, bent);
        if along > 1e-12 {
            let turned: [f64; N] = std::array::from_fn(|row| dot(inverse[row], bent));
            let weight = (along + dot(bent, turned)) / (along * along);
            for row in 0..N {
                for column in 0..N {
                    inverse[row][column] +=
                        weight * moved[row] * moved[column] - (turned[row] * moved[column] + moved[row] * turned[column]) / along;
                }
            }
        }
    }
    (at, value)
}

/// Standard errors: roots of the diagonal of the inverse of the observed information.
fn errors<const N: usize>(of: &impl Fn([f64; N]) -> f64, at: [f64; N]) -> [f64; N] {
    let step: [f64; N] = at.map(|p| p * 1e-3);
    let moved = |pairs: [(usize, f64); 2]| {
        let mut there = at;
        for (n, sign) in pairs {
            there[n] += sign * step[n];
        }
        of(there)
    };
    let middle = of(at);
    let information: [[f64; N]; N] = std::array::from_fn(|i| {
        std::array::from_fn(|j| {
            let second = if i == j {
                moved([(i, 1.0), (i, 0.0)]) - 2.0 * middle + moved([(i, -1.0), (i, 0.0)])
            } else {
                (moved([(i, 1.0), (j, 1.0)]) - moved([(i, 1.0), (j, -1.0)]) - moved([(i, -1.0), (j, 1.0)]) + moved([(i, -1.0), (j, -1.0)]))
                    / 4.0
            };
            -second / (step[i] * step[j])
        })
    });
    match inverted(information) {
        Some(inverse) => std::array::from_fn(|n| inverse[n][n].sqrt()),
        None => [f64::NAN; N],
    }
}

/// Gauss and Jordan's elimination with the largest pivot.
fn inverted<const N: usize>(mut matrix: [[f64; N]; N]) -> Option<[[f64; N]; N]> {
    let mut inverse: [[f64; N]; N] = std::array::from_fn(|row| std::array::from_fn(|column| if row == column { 1.0 } else { 0.0 }));
    for column in 0..N {
        let pivot = (column..N).max_by(|a, b| matrix[*a][column].abs().total_cmp(&matrix[*b][column].abs()))?;
        matrix.swap(column, pivot);
        inverse.swap(column, pivot);
        let by = matrix[column][column];
        if !by.is_finite() || by == 0.0 {
            return None;
        }
        for n in 0..N {
            matrix[column][n] /= by;
            inverse[column][n] /= by;
        }
        for row in (0..N).filter(|row| *row != column) {
            let times = matrix[row][column];
            for n in 0..N {
                matrix[row][n] -= times * matrix[column][n];
                inverse[row][n] -= times * inverse[column][n];
            }
        }
    }
    Some(inverse)
}
