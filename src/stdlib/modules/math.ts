export const mathModule: string = `
// Mathematics beyond the builtins: statistics, vectors, the normal distribution, clustering.

fn is_number(value) {
  let kind = type_of(value)
  return kind == "int" || kind == "float"
}

fn number(value, what) {
  require is_number(value), "\${what} must be numeric"
  return value
}

fn numbers(items, what = "items") {
  require type_of(items) == "list", "\${what} must be a list"
  require items.all({ x -> is_number(x) }), "\${what} must contain only numbers"
  return items
}

fn some_numbers(items, what = "items") {
  require len(numbers(items, what)) > 0, "\${what} must not be empty"
  return items
}

fn positive(value, what) {
  require number(value, what) > 0, "\${what} must be greater than 0"
  return value
}

fn whole(value, what, least) {
  require floor(number(value, what)) == value, "\${what} must be an integer"
  let wanted = if least == 0 {
    "non-negative"
  } else {
    "at least \${least}"
  }
  require value >= least, "\${what} must be \${wanted}"
  return to_int(value)
}

fn portion(value, what) {
  require number(value, what) > 0 && value < 1, "\${what} must be between 0 and 1"
  return value
}

fn weights_of(weights, count) {
  some_numbers(weights, "weights")
  require weights.all({ w -> w >= 0 }), "weights must contain only non-negative numbers"
  require len(weights) == count, "items and weights must have the same length"
  require weights.sum() > 0, "weights must sum to a positive value"
  return weights
}

fn paired(xs, ys) {
  some_numbers(xs, "xs")
  some_numbers(ys, "ys")
  require len(xs) == len(ys), "xs and ys must have the same length"
}

/** Pairs of the coordinates of two vectors. */
fn coordinates(a, b) {
  numbers(a, "a")
  numbers(b, "b")
  require len(a) == len(b), "vectors must have the same length"
  return a.zip(b)
}

fn total_of(items) {
  return items.reduce(0.0, { acc, x -> acc + x })
}

/** Keep a value within bounds. */
pub fn clamp(value, lo, hi) {
  if value < lo {
    return lo
  }
  return if value > hi {
    hi
  } else {
    value
  }
}

/** The value a portion t of the way from a to b. */
pub fn lerp(a, b, t) {
  return a + (b - a) * t
}

/** Carry a value over from one range to another. */
pub fn map_range(value, in_lo, in_hi, out_lo, out_hi) {
  return lerp(out_lo, out_hi, (value - in_lo) / (in_hi - in_lo))
}

pub fn deg_to_rad(degrees) {
  return degrees * pi / 180
}

pub fn rad_to_deg(radians) {
  return radians * 180 / pi
}

pub fn sum(items) {
  return numbers(items).sum()
}

/** Average; 0 of an empty list. */
pub fn avg(items) {
  return if len(numbers(items)) == 0 {
    0
  } else {
    items.sum() / to_float(len(items))
  }
}

/** The same as avg. */
pub fn mean(items) {
  return avg(items)
}

/** Middle value, or the mean of the two in the middle. */
pub fn median(items) {
  let order = some_numbers(items).sort()
  let half = len(order) / 2
  return if len(order) % 2 == 1 {
    order[half]
  } else {
    (order[half - 1] + order[half]) / 2.0
  }
}

/** Value below which p percent of the items lie, interpolated between neighbours. */
pub fn percentile(items, p) {
  let order = some_numbers(items).sort()
  require number(p, "percentile") >= 0 && p <= 100, "percentile must be between 0 and 100"
  let rank = (len(order) - 1) * p / 100.0
  let below = order[floor(rank)]
  let rest = rank - floor(rank)
  return if rest == 0 {
    below
  } else {
    below + rest * (order[ceil(rank)] - below)
  }
}

/** Indices in the order of the items, or of what the function answers for them. */
pub fn argsort(items, score_fn = nil) {
  return ranked(items, score_fn).map({ entry -> entry.index })
}

/** The k largest items, or those with the largest answers of the function, largest first. */
pub fn top_k(items, k, score_fn = nil) {
  let limit = whole(k, "k", 0)
  let order = ranked(items, score_fn)
  // Among equals the earlier one comes first.
  let descending = order.map({ entry -> entry.score }).unique().reverse()
  return descending.flat_map({ score -> order.filter({ entry -> entry.score == score }) })
    .take(limit)
    .map(
    { entry -> entry.item },
  )
}

fn ranked(items, score_fn) {
  require type_of(items) == "list", "items must be a list"
  return items.enumerate()
    .map(
    { entry ->
      let score = if score_fn == nil {
        entry.value
      } else {
        score_fn(entry.value)
      }
      {index: entry.index, item: entry.value, score: score}
    },
  )
    .sort_by(
    { entry -> entry.score },
  )
}

/** Mean squared distance from the mean, of all or estimated from a sample. */
pub fn variance(items, sample = false) {
  some_numbers(items)
  if sample {
    require len(items) >= 2, "sample variance requires at least 2 values"
  }
  let center = mean(items)
  let squares = total_of(items.map({ x -> (x - center) ** 2 }))
  return squares / if sample {
    len(items) - 1
  } else {
    len(items)
  }
}

pub fn stddev(items, sample = false) {
  return sqrt(variance(items, sample))
}

/** Spread items over 0 to 1; all 0 when they are all the same. */
pub fn minmax_scale(items) {
  let lo = some_numbers(items).min()
  let width = to_float(items.max() - lo)
  return items
    .map(
    { x ->
      if width == 0 {
        0.0
      } else {
        (x - lo) / width
      }
    },
  )
}

/** Distance from the mean in standard deviations; all 0 when items are all the same. */
pub fn zscore(items, sample = false) {
  let width = stddev(items, sample)
  let center = mean(items)
  return items
    .map(
    { x ->
      if width == 0 {
        0.0
      } else {
        (x - center) / width
      }
    },
  )
}

pub fn weighted_mean(items, weights) {
  weights_of(weights, len(some_numbers(items)))
  return total_of(items.zip(weights).map({ each -> each[0] * each[1] })) / weights.sum()
}

/** Draw an item; without weights all are as likely. */
pub fn weighted_choice(items, weights = nil) {
  require type_of(items) == "list", "items must be a list"
  require len(items) > 0, "items must not be empty"
  if weights == nil {
    return random_choice(items)
  }
  var left = random() * weights_of(weights, len(items)).sum()
  for each in items.zip(weights) {
    left = left - each[1]
    if left < 0 {
      return each[0]
    }
  }
  // Rounding may leave a little: the last item with a weight takes it.
  return items.zip(weights).filter({ each -> each[1] > 0 }).last()[0]
}

/** Probabilities that grow exponentially with the scores; a high temperature levels them. */
pub fn softmax(items, temperature = 1.0) {
  some_numbers(items)
  positive(temperature, "temperature")
  let most = items.max()
  let powers = items.map({ x -> exp((x - most) / to_float(temperature)) })
  let all = total_of(powers)
  return powers.map({ x -> x / all })
}

fn standardized(x, mu, sigma) {
  number(x, "x")
  number(mu, "mean")
  positive(sigma, "stddev")
  return (x - mu) / to_float(sigma)
}

/** Density of the normal distribution. */
pub fn normal_pdf(x, mu = 0, sigma = 1) {
  let z = standardized(x, mu, sigma)
  return exp(-z * z / 2) / (sigma * sqrt(2 * pi))
}

/**
 * Probability that a standard normal value lies above z, for z of 3 and more: a continued fraction.
 */
fn upper_tail(z) {
  var fraction = z
  var k = 60
  while k > 0 {
    fraction = z + k / fraction
    k -= 1
  }
  return normal_pdf(z) / fraction
}

/** Probability of a value up to x. */
pub fn normal_cdf(x, mu = 0, sigma = 1) {
  let z = standardized(x, mu, sigma)
  if z >= 3 {
    return 1 - upper_tail(z)
  }
  if z <= -3 {
    return upper_tail(-z)
  }
  var term = z
  var series = z
  var odd = 1
  while abs(term) > 1.0 / 10 ** 17 {
    odd += 2
    term = term * z * z / odd
    series += term
  }
  return 0.5 + series * normal_pdf(z)
}

/** The value up to which lies the given probability: an estimate made exact by Newton's method. */
pub fn normal_quantile(prob, mu = 0, sigma = 1) {
  portion(prob, "probability")
  standardized(0, mu, sigma)
  let tail = if prob < 0.5 {
    prob
  } else {
    1 - prob
  }
  let t = sqrt(-2 * ln(tail))
  let rise = 2.515517 + 0.802853 * t + 0.010328 * t * t
  var z = t - rise / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t ** 3)
  for _ in range(4) {
    let above = if z >= 3 {
      upper_tail(z)
    } else {
      1 - normal_cdf(z)
    }
    z += (above - tail) / normal_pdf(z)
  }
  return mu + sigma * if prob < 0.5 {
    -z
  } else {
    z
  }
}

pub fn dot(a, b) {
  return total_of(coordinates(a, b).map({ each -> each[0] * each[1] }))
}

/** Length of a vector. */
pub fn vector_norm(v) {
  return sqrt(dot(numbers(v, "vector"), v))
}

/** The vector of length 1 in the same direction. */
pub fn vector_normalize(v) {
  let size = vector_norm(v)
  require size > 0, "cannot normalize a zero vector"
  return v.map({ x -> x / size })
}

pub fn cosine_similarity(a, b) {
  let sizes = vector_norm(a) * vector_norm(b)
  require sizes > 0, "cosine similarity requires non-zero vectors"
  return dot(a, b) / sizes
}

fn squared_distance(a, b) {
  return total_of(coordinates(a, b).map({ each -> (each[0] - each[1]) ** 2 }))
}

pub fn euclidean_distance(a, b) {
  return sqrt(squared_distance(a, b))
}

/** Sum of the distances along the axes. */
pub fn manhattan_distance(a, b) {
  return total_of(coordinates(a, b).map({ each -> abs(each[0] - each[1]) }))
}

/** Largest distance along an axis. */
pub fn chebyshev_distance(a, b) {
  return coordinates(a, b).reduce(0.0, { most, each -> max(most, abs(each[0] - each[1])) })
}

pub fn covariance(xs, ys, sample = false) {
  paired(xs, ys)
  if sample {
    require len(xs) >= 2, "sample covariance requires at least 2 values"
  }
  let center_x = mean(xs)
  let center_y = mean(ys)
  let products = total_of(xs.zip(ys).map({ each -> (each[0] - center_x) * (each[1] - center_y) }))
  return products / if sample {
    len(xs) - 1
  } else {
    len(xs)
  }
}

/** Pearson correlation, from -1 to 1. */
pub fn correlation(xs, ys, sample = false) {
  paired(xs, ys)
  if sample {
    require len(xs) >= 2, "sample correlation requires at least 2 values"
  }
  let widths = stddev(xs, sample) * stddev(ys, sample)
  require widths > 0, "correlation requires non-constant inputs"
  return covariance(xs, ys, sample) / widths
}

/** Mean of every run of so many neighbours. */
pub fn moving_avg(items, window) {
  some_numbers(items)
  let size = whole(window, "window", 1)
  require size <= len(items), "window must not exceed the number of items"
  return items.window(size).map({ run -> mean(run) })
}

/** Exponential moving average: alpha is the weight of the newest item. */
pub fn ema(items, alpha) {
  some_numbers(items)
  portion(alpha, "alpha")
  var level = to_float(items[0])
  var out = []
  for x in items {
    level = alpha * x + (1 - alpha) * level
    out = out.push(level)
  }
  return out
}

/** Index of the nearest center and the squared distance to it; the first of equals. */
fn nearest(point, centers) {
  var best = {index: 0, distance: squared_distance(point, centers[0])}
  var index = 1
  while index < len(centers) {
    let distance = squared_distance(point, centers[index])
    if distance < best.distance {
      best = {index: index, distance: distance}
    }
    index += 1
  }
  return best
}

/** The point that is farthest from all centers. */
fn farthest(points, centers) {
  return points.max_by({ point -> nearest(point, centers).distance })
}

fn mean_point(points) {
  return points[0].enumerate().map({ axis -> mean(points.map({ point -> point[axis.index] })) })
}

fn checked_points(points) {
  require type_of(points) == "list", "points must be a list"
  require len(points) > 0, "points must not be empty"
  for point in points {
    numbers(point, "point")
    require len(point) > 0, "points must have at least one dimension"
    require len(point) == len(points[0]), "all points must have the same dimension"
  }
}

/**
 * Sort points into k clusters. Starts from points that are far apart, so the same points give the same clusters.
 * Options: max_iterations (100).
 */
pub fn kmeans(points, k, options = nil) {
  checked_points(points)
  let count = whole(k, "k", 1)
  require count <= len(points), "k must not exceed the number of points"
  let limit = whole(options?.max_iterations ?? 100, "max_iterations", 1)

  var centers = [points[0]]
  while len(centers) < count {
    centers = centers.push(farthest(points, centers))
  }
  var assignments = []
  var iterations = 0
  var converged = false
  while iterations < limit && !converged {
    let found = points.map({ point -> nearest(point, centers).index })
    let old = centers
    centers = old.enumerate()
      .map(
      { center ->
        let members = points.enumerate().filter({ point -> found[point.index] == center.index })
        if len(members) == 0 {
          farthest(points, old)
        } else {
          mean_point(members.map({ point -> point.value }))
        }
      },
    )
    iterations += 1
    converged = found == assignments
    assignments = found
  }
  let final = points.map({ point -> nearest(point, centers) })
  let members = final.map({ each -> each.index })
  return {
    centroids: centers,
    assignments: members,
    counts: centers.enumerate().map({ center -> members.filter({ index -> index == center.index }).count }),
    iterations: iterations,
    converged: converged,
    inertia: total_of(final.map({ each -> each.distance })),
  }
}
`;
