--- The built-in losses of binary targets, written as losses in Lua: what they
-- show, and what the tests hold against the kernels.
local core = require "neap.core"
local m = core.math

local M = {}

function M.binary_cross_entropy()
  return { margin = function(x) return -m.log_sigmoid(x) end }
end

-- alpha: whether it weighs the classes; soft: how soft targets are taken.
function M.focal(alpha, soft)
  return {
    params = { gamma = { 2, min = 0, max = 1e9 },
      alpha = alpha and { 0.25, min = 0, max = 1 } or nil },
    binary = function(x, y, p)
      local q = m.sigmoid(x)
      local weight1 = alpha and p.alpha or 1
      local weight0 = alpha and 1 - p.alpha or 1
      if soft ~= "expected" then
        local weight = y * weight1 + (1 - y) * weight0
        return -weight * (y * (1 - q) + (1 - y) * q) ^ p.gamma
          * (y * m.log(q) + (1 - y) * m.log(1 - q))
      end
      return -weight1 * y * (1 - q) ^ p.gamma * m.log(q)
        - weight0 * (1 - y) * q ^ p.gamma * m.log(1 - q)
    end,
  }
end

function M.focal_star()
  return {
    params = { gamma = { 2, above = 0, max = 1e6 },
      beta = { 1, min = -1e6, max = 1e6 } },
    margin = function(x, p)
      return -m.log_sigmoid(p.gamma * x + p.beta) / p.gamma
    end,
  }
end

function M.poly1()
  return {
    params = { epsilon = { 2, min = -1, max = 1e6 } },
    margin = function(x, p)
      local q = m.sigmoid(x)
      return -m.log(q) + p.epsilon * (1 - q)
    end,
  }
end

function M.generalized_cross_entropy()
  return {
    params = { q = { 0.7, above = 0, max = 1 } },
    margin = function(x, p) return (1 - m.sigmoid(x) ^ p.q) / p.q end,
  }
end

function M.symmetric_cross_entropy()
  return {
    params = { forward = { 0.1, min = 0, max = 1e6 },
      reverse = { 1, min = 0, max = 1e6 }, cut = { 4, min = 0, max = 1e6 } },
    margin = function(x, p)
      return -p.forward * m.log_sigmoid(x)
        + p.reverse * p.cut * (1 - m.sigmoid(x))
    end,
  }
end

-- shifts: whether there is a margin.
function M.asymmetric(shifts)
  return {
    params = { gamma_positive = { 0, min = 0, max = 1e6 },
      gamma_negative = { 4, min = 0, max = 1e6 },
      margin = shifts and { 0.05, above = 0, max = 0.999999 } or nil },
    binary = function(x, y, p)
      local q = m.sigmoid(x)
      local u = shifts and m.max(q - p.margin, 0) or q
      return -y * (1 - q) ^ p.gamma_positive * m.log(q)
        - (1 - y) * u ^ p.gamma_negative * m.log(1 - u)
    end,
  }
end

function M.brier()
  return { binary = function(x, y) return (m.sigmoid(x) - y) ^ 2 end }
end

function M.hinge()
  return {
    params = { margin = { 1, min = 0, max = 1e6 } },
    margin = function(x, p) return m.max(0, p.margin - x) end,
  }
end

function M.squared_hinge()
  return {
    params = { margin = { 1, min = 0, max = 1e6 } },
    margin = function(x, p) return m.max(0, p.margin - x) ^ 2 end,
  }
end

function M.modified_huber()
  return {
    margin = function(x)
      return m.where(m.less(x, -1), -4 * x, m.max(0, 1 - x) ^ 2)
    end,
  }
end

return M
