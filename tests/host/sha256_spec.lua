-- tests/host/sha256_spec.lua -- host.sha256 gives the published hashes.
local host = require "neap.host"

local function check(hash, text)
  assert.equal(hash, host.sha256(text))
end

describe("host.sha256", function()
  -- NIST, Secure Hash Standard, FIPS 180-2, appendix B.
  it("hashes the examples of the standard", function()
    check("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      "abc")
    check("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
    check("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
      ("a"):rep(1000000))
  end)

  it("hashes the empty string", function()
    check("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "")
  end)

  -- Python 3.11.7, hashlib.sha256(b"a" * length).hexdigest().
  local by_length = {
    { 1,
      "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb" },
    { 55,
      "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318" },
    { 56,
      "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a" },
    { 63,
      "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34" },
    { 64,
      "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb" },
    { 65,
      "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0" },
    { 119,
      "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb" },
    { 120,
      "2f3d335432c70b580af0e8e1b3674a7c020d683aa5f73aaaedfdc55af904c21c" },
    { 1003,
      "931811de7ef7a05eba0cc7c24c0ddfde5fe5dade0e160e38b8dc821bbb1b9292" },
  }

  it("pads every length that decides the number of blocks", function()
    for _, row in ipairs(by_length) do
      check(row[2], ("a"):rep(row[1]))
    end
  end)

  -- The same of bytes(range(256)).
  it("hashes all bytes, zeros too", function()
    local bytes = {}
    for i = 0, 255 do
      bytes[i + 1] = string.char(i)
    end
    check("40aff2e9d2d8922e47afd4648e6967497158785fbd1da870e7110266bf944880",
      table.concat(bytes))
  end)

  it("refuses what is no string", function()
    assert.error_matches(function() host.sha256(nil) end, "bad argument #1")
    assert.error_matches(function() host.sha256({}) end, "bad argument #1")
  end)
end)
