import ApusFiles
import Testing

@Suite struct JSONTests {
  @Test(
    arguments: [
      ("null", JSONValue.null), (" true ", true), ("false", false), ("0", 0), ("-7", -7),
      ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
      ("9223372036854775808", .number(9223372036854775808)), ("-0", .number(-0.0)), ("1.0", .number(1)),
      ("1e2", .number(100)),
      ("1E-2", .number(0.01)), ("5e-324", .number(.leastNonzeroMagnitude)), ("1e-999", .number(0)),
      ("\"\"", ""), (#""a\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00""#, "a\"\\/\u{8}\u{c}\n\r\tAé😀"),
      (#""\u0000""#, "\0"), ("\"naïve 漢字 😀\"", "naïve 漢字 😀"),
      ("[]", []), ("[1,[2, [ ]],{}]", [1, [2, []], [:]]), (#"{"a":1,"b":{"c":[null]}}"#, ["a": 1, "b": ["c": [nil]]]),
      ("\r\n\t {\"\" : 1 }\n", ["": 1]),
    ] as [(String, JSONValue)])
  func parses(text: String, value: JSONValue) throws {
    #expect(try JSONValue(parsing: text) == value)
  }

  @Test(
    arguments: [
      ("", 1, 1), ("  ", 1, 3), ("nul", 1, 1), ("nulll", 1, 5), ("True", 1, 1), ("01", 1, 1), ("-", 1, 2), ("+1", 1, 1),
      (".5", 1, 1), ("1.", 1, 3), ("1.e3", 1, 3), ("1e", 1, 3), ("1e+", 1, 4), ("1e999", 1, 1), ("0x10", 1, 2),
      ("NaN", 1, 1),
      ("Infinity", 1, 1), ("[1,]", 1, 4), ("[1 2]", 1, 4), ("[,1]", 1, 2), ("[1", 1, 3), ("{\n\"a\" 1}", 2, 5),
      ("{a:1}", 1, 2),
      ("{\"a\":1,}", 1, 8), ("{\"a\":1\n\n,\"a\":2}", 3, 2), ("{1:2}", 1, 2), ("\"abc", 1, 1), ("\"a\nb\"", 1, 3),
      ("\"a\u{1}\"", 1, 3), (#""\x""#, 1, 2), (#""\u12g4""#, 1, 6), (#""\ud800""#, 1, 2), (#""\ud800\u0041""#, 1, 2),
      (#""\udc00""#, 1, 2), ("'a'", 1, 1), ("[1] x", 1, 5), ("\u{FEFF}1", 1, 1), ("/* */1", 1, 1), ("\"é\" x", 1, 5),
      ("\"a\\", 1, 4),
    ] as [(String, Int, Int)])
  func refuses(text: String, line: Int, column: Int) throws {
    let error = try #require(throws: JSONError.self) { try JSONValue(parsing: text) }
    #expect(error.line == line && error.column == column, "\(error)")
    #expect(error.description.hasPrefix("line \(line), column \(column): "))
  }

  @Test func refusesTextThatIsNotUTF8() throws {
    let error = try #require(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0x61, 0x62, 0xC0, 0xAF, 0x22]) }
    #expect(error.offset == 3)
    // Finding the place takes time in proportion to the length.
    let long = [0x22] + [UInt8](repeating: 0x61, count: 10_000_000) + [0xFF, 0x22]
    #expect(try #require(throws: JSONError.self) { try JSONValue(parsing: long) }.offset == 10_000_001)
    // Surrogates are no characters, in UTF-8 neither.
    #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xED, 0xA0, 0x80, 0x22]) }
  }

  @Test func limitsDepthAndValues() throws {
    let deep = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
    _ = try JSONValue(parsing: deep)
    #expect(throws: JSONError.self) { try JSONValue(parsing: "[\(deep)]") }
    #expect(throws: JSONError.self) { try JSONValue(parsing: String(repeating: "[", count: 1_000_000)) }
    #expect(throws: JSONError.self) { try JSONValue(parsing: "[1,2,3]", limits: JSONLimits(values: 3)) }
    #expect(throws: JSONError.self) { try JSONValue(parsing: String(repeating: "1", count: 2000)) }
  }

  @Test func keepsInsertionOrderOrSorts() throws {
    let value = try JSONValue(parsing: #"{"b":1,"a":{"d":[],"c":[1,{}]},"B":"x"}"#)
    #expect(value.serialized() == #"{"b":1,"a":{"d":[],"c":[1,{}]},"B":"x"}"#)
    #expect(value.serialized(keys: .sorted) == #"{"B":"x","a":{"c":[1,{}],"d":[]},"b":1}"#)
    #expect(
      JSONValue.object(["a": [1, 2], "b": [:]]).serialized(indentation: 2) == """
        {
          "a": [
            1,
            2
          ],
          "b": {}
        }
        """)
    #expect(try JSONValue(parsing: #"{"a":1,"b":2}"#) == JSONValue(parsing: #"{"b":2,"a":1}"#))
  }

  @Test func numbersSurviveTheRoundTrip() throws {
    var generator = SystemRandomNumberGenerator()
    var values: [JSONValue] = [
      .integer(.max), .integer(.min), .number(0.1), .number(-0.0), .number(1), .number(1e16), .number(1e100),
      .number(.leastNonzeroMagnitude), .number(.greatestFiniteMagnitude), .number(.ulpOfOne),
    ]
    for _ in 0..<10_000 {
      let bits = generator.next()
      values.append(.integer(Int64(bitPattern: bits)))
      if Double(bitPattern: bits).isFinite { values.append(.number(Double(bitPattern: bits))) }
    }
    for value in values {
      let back = try JSONValue(parsing: value.serialized())
      #expect(back == value)
      #expect(back.double?.sign == value.double?.sign)
    }
    #expect(JSONValue.array([.number(.nan), .number(-.infinity)]).serialized() == "[null,null]")
  }

  @Test func stringsSurviveTheRoundTrip() throws {
    let scalars = (0...0x10FFFF as ClosedRange<UInt32>).lazy.compactMap(Unicode.Scalar.init)
    var text = ""
    for scalar in scalars { text.unicodeScalars.append(scalar) }
    let back = try JSONValue(parsing: JSONValue.string(text).serialized())
    #expect(back.string.map { Array($0.utf8) } == Array(text.utf8))
  }

  @Test func neverCrashesOnDamagedText() {
    var generator = SystemRandomNumberGenerator()
    let original = Array(#"{"a":[1,-2.5e3,"x\u00e9\n😀"],"b":{"c":null,"d":true}}"#.utf8)
    for _ in 0..<10_000 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      bytes.removeLast(Int.random(in: 0...3, using: &generator))
      do throws(JSONError) {
        let value = try JSONValue(parsing: bytes)
        #expect((try? JSONValue(parsing: value.serialized())) == value)
      } catch {
        #expect(error.offset <= bytes.count)
      }
    }
  }

  @Test func objectsKeepTheirMembersInOrder() {
    var object: JSONObject = ["x": 1, "y": 2, "z": 3]
    object["y"] = nil
    object["x"] = "again"
    object["y"] = 4
    #expect(object.keys == ["x", "z", "y"])
    #expect(object.map(\.key) == object.keys)
    #expect(object.map(\.value) == ["again", 3, 4])
    #expect(object.count == 3 && !object.isEmpty && object["w"] == nil)
  }
}
