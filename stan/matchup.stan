// Points of a possession in each of G matchups: E[y] = a + x' w, weights w >= 0. With one matchup it is the simplified model, and
// with two sums as x the additive one. The likelihood is Gaussian, so that means and sums of squares of a matchup say all there is
// to know about its possessions: the posterior is that of the rows, at a cost that does not depend on their number.
data {
  int<lower=1> G;
  int<lower=1> K;
  vector<lower=0>[G] n;               // possessions
  array[G] vector[K] x_mean;
  vector[G] y_mean;
  array[G] matrix[K, K] xx;           // sums of squares and products around the means
  array[G] vector[K] xy;
  vector<lower=0>[G] yy;
  real<lower=0> scale;                // of the half-normal prior of weights
}
parameters {
  vector[G] centre;                   // expected points at the means; unlike a, it hardly depends on the weights
  array[G] vector<lower=0>[K] w;
  real<lower=0> sigma;
}
transformed parameters {
  vector[G] a;
  for (g in 1:G) a[g] = centre[g] - dot_product(x_mean[g], w[g]);
}
model {
  vector[G] squares;
  for (g in 1:G) {
    squares[g] = yy[g] - 2 * dot_product(w[g], xy[g]) + quad_form(xx[g], w[g]);
    w[g] ~ normal(0, scale);
  }
  a ~ std_normal();
  sigma ~ normal(0, 5);
  target += -sum(n) * log(sigma) - 0.5 * (sum(squares) + dot_product(n, square(centre - y_mean))) / square(sigma);
}
