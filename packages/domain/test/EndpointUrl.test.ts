import { assert, describe, it } from "@effect/vitest"
import { EndpointUrl, PublicAddress } from "@payment-orchestrator/domain"

describe("a public address", () => {
  it("is one of the internet's, IPv4 or IPv6, and through NAT64 one that leads there", () => {
    for (const address of [
      "1.1.1.1",
      "8.8.8.8",
      "11.0.0.1",
      "100.63.255.255",
      "100.128.0.0",
      "172.15.255.255",
      "172.32.0.1",
      "192.0.1.1",
      "192.169.0.1",
      "198.17.255.255",
      "198.20.0.0",
      "223.255.255.255",
      "2606:4700:4700::1111",
      "2001:4860:4860::8888",
      "2001:200::1",
      "2a00:1450:4001:80b::200e",
      "64:ff9b::8.8.8.8",
      "64:ff9b::808:808",
      "64:ff9b::198.51.101.200",
      "2000::1",
      "2003:db8::1",
      "2600:100::1",
      "3ffe:fff::1",
      "3fff:1000::1",
      "2606:4700:4700::",
      "2606:4700:4700:0:0:0:0:1111",
      "2606:4700:4700:1:2:3::1111",
    ]) {
      assert.isTrue(PublicAddress.isPublic(address), address)
    }
  })

  it("is none that is private, special, or hides one", () => {
    for (const address of [
      "0.0.0.0",
      "10.255.255.255",
      "100.64.0.1",
      "100.100.100.200",
      "127.0.0.1",
      "127.255.255.254",
      "168.63.129.16",
      "169.254.169.254",
      "172.16.0.1",
      "172.31.255.255",
      "192.0.0.192",
      "192.0.2.1",
      "192.168.1.1",
      "198.18.0.1",
      "198.19.255.255",
      "198.51.100.1",
      "203.0.113.1",
      "224.0.0.1",
      "240.0.0.1",
      "255.255.255.255",
      "::",
      "::1",
      "::ffff:127.0.0.1",
      "::ffff:7f00:1",
      "::ffff:8.8.8.8",
      "::127.0.0.1",
      "64:ff9b::127.0.0.1",
      "64:ff9b::a9fe:a9fe",
      "64:ff9b:1::8.8.8.8",
      "2001::1",
      "2001:0:7f00:1::",
      "2001:db8::1",
      "2002:7f00:1::",
      "2002:a9fe:a9fe::",
      "3fff::1",
      "5f00::1",
      "fc00::1",
      "fd00:ec2::254",
      "fe80::1",
      "fec0::1",
      "ff02::1",
      "not an address",
      "1.2.3",
      "1.2.3.256",
      "1:2:3:4:5:6:7:8:9",
      "1::2::3",
      "2606:4700",
      "2606:4700::12345",
      "2606:4700::1111::2222",
      "2606:4700:4700:1:2:3:4::1111",
      "65:ff9b::8.8.8.8",
      "64:ff9c::8.8.8.8",
      "64:ff9b::8.8.8.999",
    ]) {
      assert.isFalse(PublicAddress.isPublic(address), address)
    }
  })

  it("is told from a name by its spelling, public or not", () => {
    for (const address of ["8.8.8.8", "10.0.0.1", "::1", "2606:4700::1"])
      assert.isTrue(PublicAddress.isAddress(address))
    for (const name of ["shop", "shop.example", "1.2.3", "1.2.3.4.5", ""]) {
      assert.isFalse(PublicAddress.isAddress(name), name)
    }
  })
})

describe("the URL of an endpoint", () => {
  const faultOf = (url: string, allowPrivate = false) => EndpointUrl.faultOf(url, { allowPrivate })

  it("may be a public https: URL", () => {
    for (const url of [
      "https://shop.example.com/hooks?x=1",
      "https://shop.example.com:8443/",
      "https://8.8.8.8/hook",
      "https://[2606:4700:4700::1111]/hook",
      "https://xn--bcher-kva.example/",
      "https://shop.example.com./",
    ]) {
      assert.isUndefined(faultOf(url), url)
    }
  })

  it("is refused with a sentence that says why", () => {
    assert.strictEqual(faultOf("nowhere"), "must be an absolute https: URL")
    assert.strictEqual(faultOf("http://shop.example.com/"), "must be an https: URL")
    assert.strictEqual(faultOf("https://user@shop.example.com/"), "must not hold a user name or a password")
    assert.strictEqual(faultOf("https://shop.example.com/#x"), "must not have a fragment")
    assert.strictEqual(faultOf("https://localhost/"), "must lead to a public host, not to a private one")
    assert.match(faultOf("https://shop.example.com:25/") ?? "", /^must have port 443/)
    assert.match(faultOf("https://shop.example.com/".padEnd(2_049, "x")) ?? "", /2,048/)
    assert.isUndefined(faultOf("https://shop.example.com/".padEnd(2_048, "x")))
    assert.strictEqual(faultOf("https://:pass@shop.example.com/"), "must not hold a user name or a password")
    assert.strictEqual(faultOf("nowhere", true), "must be an absolute https: or http: URL")
    for (const host of ["printer.local", "db.internal", "intranet", "a.localhost", "nas.home.arpa", "home.arpa"]) {
      assert.strictEqual(faultOf(`https://${host}/`), "must lead to a public host, not to a private one", host)
    }
    for (const host of ["internal.example.com", "shop.thelocal", "local.home.arpa.example"]) {
      assert.isUndefined(faultOf(`https://${host}/`), host)
    }
  })

  it("has a port of its own from 1024 up, and a lower one only over http: where that is allowed", () => {
    for (const url of ["https://shop.example.com:1024/", "https://shop.example.com:443/"])
      assert.isUndefined(faultOf(url))
    assert.isUndefined(faultOf("http://shop:81/", true))
    assert.match(faultOf("https://shop.example.com:1023/") ?? "", /^must have port 443 or one from 1024 up/)
    assert.match(faultOf("https://shop:81/", true) ?? "", /^must have port 443 or one from 1024 up/)
  })

  it("may be http: and private where that is allowed, and then nothing else either", () => {
    for (const url of ["http://localhost:3000/hook", "http://127.0.0.1:80/", "https://10.0.0.7/hook", "http://shop/"]) {
      assert.isUndefined(faultOf(url, true), url)
    }
    for (const url of [
      "ftp://localhost/",
      "http://user:pass@localhost/",
      "http://localhost:6000/",
      "http://localhost:0/",
    ]) {
      assert.isString(faultOf(url, true), url)
    }
  })
})
