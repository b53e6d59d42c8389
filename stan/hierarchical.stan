// Matchups around the league: weights of an archetype around one weight of offence and one of defence, weights of a matchup around
// the archetype's. What a matchup adds is normal(0, tau_w) and integrated out: X'X of a matchup is Q diag(lambda) Q', so that in the
// basis Q it is one number after the other, and the funnel that such models have is gone. It is drawn afterwards.
data {
  int<lower=1> G;
  int<lower=1> H;                     // archetypes: x has their sums of offence, then of defence
  vector<lower=0>[G] n;
  vector[G] sy;
  vector<lower=0>[G] yy;
  array[G] vector[2 * H] sx;
  array[G] vector[2 * H] xy;
  array[G] matrix[2 * H, 2 * H] xx;   // sums of products, not around the means
  real<lower=0> scale;                // of the half-normal prior of the two weights
  real<lower=0> spread;               // of those of the standard deviations
}
transformed data {
  array[G] vector[2 * H] lambda;
  array[G] matrix[2 * H, 2 * H] Q;
  array[G] vector[2 * H] qx;
  array[G] vector[2 * H] qy;
  for (g in 1:G) {
    for (k in 1:(2 * H)) lambda[g][k] = fmax(eigenvalues_sym(xx[g])[k], 0);
    Q[g] = eigenvectors_sym(xx[g])';
    qx[g] = Q[g] * sx[g];
    qy[g] = Q[g] * xy[g];
  }
}
parameters {
  real a;
  real<lower=0> offence;
  real<lower=0> defence;
  vector[2 * H] z;
  vector[G] z_a;
  real<lower=0> tau;                  // between archetypes
  real<lower=0> tau_w;                // between matchups
  real<lower=0> tau_a;
  real<lower=0> sigma;
}
transformed parameters {
  vector[2 * H] w = append_row(rep_vector(offence, H), rep_vector(defence, H)) + tau * z;
  vector[G] a_g = a + tau_a * z_a;
}
model {
  a ~ std_normal();
  offence ~ normal(0, scale);
  defence ~ normal(0, scale);
  z ~ std_normal();
  z_a ~ std_normal();
  tau ~ normal(0, spread);
  tau_w ~ normal(0, spread);
  tau_a ~ normal(0, 0.1);
  sigma ~ normal(0, 5);
  for (g in 1:G) {
    vector[2 * H] qw = Q[g] * w;
    vector[2 * H] r = qy[g] - a_g[g] * qx[g] - lambda[g] .* qw;
    vector[2 * H] pooled = 1 + square(tau_w / sigma) * lambda[g];
    real squares = yy[g] - 2 * a_g[g] * sy[g] + n[g] * square(a_g[g])
                   - 2 * dot_product(qw, qy[g] - a_g[g] * qx[g]) + dot_product(lambda[g], square(qw));
    target += -n[g] * log(sigma) - 0.5 * squares / square(sigma) - 0.5 * sum(log(pooled))
              + 0.5 * square(tau_w) / square(square(sigma)) * sum(square(r) ./ pooled);
  }
}
generated quantities {
  array[G] vector[2 * H] w_g;
  for (g in 1:G) {
    vector[2 * H] pooled = 1 + square(tau_w / sigma) * lambda[g];
    vector[2 * H] r = qy[g] - a_g[g] * qx[g] - lambda[g] .* (Q[g] * w);
    vector[2 * H] e = to_vector(normal_rng(rep_vector(0, 2 * H), 1));
    w_g[g] = w + Q[g]' * (square(tau_w / sigma) * r ./ pooled + tau_w * e ./ sqrt(pooled));
  }
}
