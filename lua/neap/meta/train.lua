---@meta neap.train

--- Models and optimizers: what a training is made of.
local M = { model = {}, optimizer = {} }

---@class neap.Model
---@field name string
---@field l2 number
---@field [string] any its other options, by name

---@class neap.Optimizer
---@field name string

---@class neap.LinearOptions
---@field l2? number >= 0, 0 if none is given: l2/2 |weights|^2 is added to the
--- mean loss; biases are not penalised

--- Logits that are linear in the features.
---@param options? neap.LinearOptions
---@return neap.Model
function M.model.linear(options) end

---@class neap.MlpOptions
---@field hidden? integer[] the units of 1 to 8 hidden layers; { 32 } if none are
--- given
---@field activation? "relu"|"tanh"|"gelu"|"silu" "relu" if none is given
---@field initialisation? "he"|"glorot" normal with deviation sqrt(2 / inputs),
--- the default, or even up to sqrt(6 / (inputs + outputs))
---@field bias? "prior"|"zero" of the last layer: log((n1 + 1/2) / (n0 + 1/2)),
--- the default, as the focal paper wants it (sec. 4.1), or 0
---@field dropout? number 0 to 0.99, 0 if none is given: the share of hidden
--- units that a step drops; the others grow by 1 / (1 - dropout)
---@field l2? number >= 0, 0 if none is given: l2/2 |weights|^2 is added

--- A multilayer perceptron. Its fits have `layers` in place of weights and bias.
---@param options? neap.MlpOptions
---@return neap.Model
function M.model.mlp(options) end

---@class neap.LbfgsOptions
---@field tolerance? number 0 to 1, 1e-6 if none is given: converged where the
--- gradient norm fell by this since the start
---@field max_iterations? integer 1000 if none is given
---@field memory? integer 1 to 100, 10 if none is given: pairs remembered

--- Limited-memory BFGS on all rows: Nocedal and Wright 2006, algorithm 7.5.
---@param options? neap.LbfgsOptions
---@return neap.Optimizer
function M.optimizer.lbfgs(options) end

---@class neap.NewtonOptions
---@field tolerance? number 0 to 1, 1e-6 if none is given: converged where the
--- gradient norm fell by this since the start
---@field max_iterations? integer 200 if none is given

--- Newton's method on all rows with the positive terms of the loss's Hessian, for
--- linear models of two classes with up to a few hundred features.
---@param options? neap.NewtonOptions
---@return neap.Optimizer
function M.optimizer.newton(options) end

---@class neap.BatchOptions
---@field schedule? "constant"|"cosine"|"one_cycle" of the learning rate over all
--- steps: as it is; to 0 along half a cosine; from 1/25 up and down to 1/250,000
---@field warmup? number 0 to 0.99, 0 if none is given: the share of all steps in
--- which the rate grows from 0; of one_cycle the share of its way up, 0.3 if 0
---@field clip? number|false above 0: the most that the norm of a gradient may
--- be, which is scaled down to it; false, the default, is off

---@class neap.SgdOptions: neap.BatchOptions
---@field learning_rate? number >= 0, 0.1 if none is given
---@field momentum? number 0 to 1, 0 if none is given
---@field nesterov? "no"|"yes" "no" if none is given

--- Stochastic gradient descent: v = momentum v + g, x = x - learning_rate v, or
--- with Nesterov's look ahead x - learning_rate (g + momentum v).
---@param options? neap.SgdOptions
---@return neap.Optimizer
function M.optimizer.sgd(options) end

---@class neap.AdamOptions: neap.BatchOptions
---@field learning_rate? number >= 0, 1e-3 if none is given
---@field beta1? number 0 to 1, 0.9 if none is given
---@field beta2? number 0 to 1, 0.999 if none is given
---@field epsilon? number >= 0, 1e-8 if none is given
---@field weight_decay? number >= 0, 0 if none is given: times every parameter,
--- added to its gradient; of adamw 0.01 if none is given: times learning rate and
--- parameter, taken from it

--- Kingma and Ba 2015, algorithm 1.
---@param options? neap.AdamOptions
---@return neap.Optimizer
function M.optimizer.adam(options) end

--- Adam with decoupled weight decay: Loshchilov and Hutter 2019, algorithm 2.
---@param options? neap.AdamOptions
---@return neap.Optimizer
function M.optimizer.adamw(options) end

return M
