// The same model as matchup.stan with one matchup, row by row.
data {
  int<lower=1> N;
  int<lower=1> K;
  matrix[N, K] x;
  vector[N] y;
  real<lower=0> scale;
}
parameters {
  real a;
  vector<lower=0>[K] w;
  real<lower=0> sigma;
}
model {
  a ~ std_normal();
  w ~ normal(0, scale);
  sigma ~ normal(0, 5);
  y ~ normal_id_glm(x, a, w, sigma);
}
