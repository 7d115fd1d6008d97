import ApusFiles
import ApusTokenizers
import Testing

/// Files that are no tokenizers are refused with the field and the reason.
@Suite struct TokenizerFileTests {
  private static func message(_ text: String) throws -> String {
    let json = try JSONValue(parsing: text)
    do {
      _ = try Tokenizer(json)
      return "accepted"
    } catch {
      return error.description
    }
  }

  @Test func mistakesAreNamed() throws {
    let cases: [(String, String)] = [
      ("3", "expected a JSON object"), ("{}", "tokenizer: the field \"model\" is missing"),
      (#"{"model": {"type": "Guess"}}"#, "model: the model \"Guess\" is not known"),
      (#"{"model": {"type": "BPE"}}"#, "model: the field \"vocab\" is not an object"),
      (#"{"model": {"type": "BPE", "vocab": {"a": -1}}}"#, "model: the token \"a\" has no number from 0 to 16777215"),
      (
        #"{"model": {"type": "BPE", "vocab": {"a": 1e300}}}"#, "model: the token \"a\" has no number from 0 to 16777215"
      ),
      (#"{"model": {"type": "BPE", "vocab": {"a": 0, "b": 0}}}"#, "model: two tokens have the number 0"),
      (
        #"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}}"#,
        "model: merge 0 (\"a\" and \"b\") needs tokens that the vocabulary lacks"
      ),
      (
        #"{"model": {"type": "BPE", "vocab": {"a": 0, "": 1}, "merges": [["a", ""]]}}"#,
        "model: merge 0 (\"a\" and \"\") makes a token of itself"
      ),
      (
        #"{"model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": [["a", 1]]}}"#,
        "model: merges[0] is not a pair of tokens"
      ),
      (
        #"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": {"a": "a"}}}"#,
        "model: the field \"merges\" is not an array"
      ),
      (
        #"{"model": {"type": "BPE", "vocab": {"a": 0}, "unk_token": 0}}"#,
        "model: the field \"unk_token\" is not a string"
      ),
      (
        #"{"model": {"type": "BPE", "vocab": {"a": 0}, "dropout": "much"}}"#,
        "model: dropout is not supported, only null or 0"
      ),
      (#"{"model": {"type": "BPE", "vocab": [["a", 0]]}}"#, "model: the field \"vocab\" is not an object"),
      (
        #"{"model": {"type": "BPE", "vocab": {"a": 16777216}}}"#,
        "model: the token \"a\" has no number from 0 to 16777215"
      ),
      (
        #"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["ab"]}}"#,
        "model: merges[0] is not two tokens with a space between them"
      ),
      (
        #"{"model": {"type": "WordPiece", "vocab": {"a": 0}}}"#,
        "model: the unknown token \"[UNK]\" is not in the vocabulary"
      ),
      (#"{"model": {"type": "Unigram", "vocab": [["a"]]}}"#, "model: vocab[0] is not a token and its score"),
      (
        #"{"model": {"type": "Unigram", "vocab": [["a", -1.5]], "unk_id": 4}}"#,
        "model: unk_id is 4, past the vocabulary"
      ),
      (
        #"{"normalizer": {"type": "Precompiled"}, "model": {"type": "Unigram", "vocab": [["a", -1]]}}"#,
        "normalizer: the normalizer \"Precompiled\" is not known"
      ),
      (
        #"{"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "(a"}, "behavior": "Isolated", "invert": false},"#
          + #" "model": {"type": "Unigram", "vocab": [["a", -1]]}}"#,
        "pre_tokenizer: the regular expression \"(a\" cannot be understood"
      ),
      (
        #"{"added_tokens": [{"id": -3, "content": "x", "special": true}],"#
          + #" "model": {"type": "Unigram", "vocab": [["a", -1]]}}"#,
        "added_tokens[0]: the field \"id\" is not a whole number from 0"
      ),
      (
        #"{"model": {"type": "Unigram", "vocab": [["a", -1.5]], "unk_id": -1}}"#,
        "model: the field \"unk_id\" is not a whole number from 0"
      ),
      (
        #"{"added_tokens": [{"id": 2147483647, "content": "x", "special": true}],"#
          + #" "model": {"type": "Unigram", "vocab": [["a", -1]]}}"#,
        "added_tokens[0]: the field \"id\" is 2147483647, more than 16777215"
      ),
      (
        #"{"added_tokens": [{"id": 1, "content": "x", "special": true}, {"id": 1, "content": "y", "special": true}],"#
          + #" "model": {"type": "Unigram", "vocab": [["a", -1]]}}"#,
        "added_tokens: \"x\" and \"y\" have the number 1"
      ),
      (
        #"{"post_processor": {"type": "BertProcessing", "cls": ["c", 0], "sep": ["s", 7]},"#
          + #" "model": {"type": "Unigram", "vocab": [["a", -1]]}}"#,
        "post_processor: a special token has the number 7, past the vocabulary"
      ),
      (
        #"{"padding": {"strategy": "BatchLongest", "pad_to_multiple_of": 2000000000},"#
          + #" "model": {"type": "Unigram", "vocab": [["a", -1]]}}"#,
        "padding: the field \"pad_to_multiple_of\" is 2000000000, more than 16777215"
      ),
      (
        #"{"padding": {"strategy": "BatchLongest", "direction": "Up"},"#
          + #" "model": {"type": "Unigram", "vocab": [["a", -1]]}}"#,
        "padding: the direction \"Up\" is neither Left nor Right"
      ),
      (
        #"{"truncation": {"max_length": -1}, "model": {"type": "Unigram", "vocab": [["a", -1]]}}"#,
        "truncation: the field \"max_length\" is not a whole number from 0"
      ),
    ]
    for (text, expected) in cases {
      let message = try Self.message(text)
      #expect(message == expected)
    }
  }

  /// Every prefix of a file is refused in one line, none is read.
  @Test func truncatedFilesAreRefused() throws {
    let whole = Tokenizer.words(of: "a truncated file", specialTokens: ["<s>"]).json.serializedBytes()
    for count in stride(from: 0, to: whole.count, by: 7) {
      let error = #expect(throws: JSONError.self) { try JSONValue(parsing: Array(whole.prefix(count))) }
      #expect(error?.description.contains("\n") == false)
    }
    #expect(throws: FileError.self) { try Tokenizer(contentsOf: "/nonexistent/tokenizer.json") }
  }

  /// Any change of one byte gives a tokenizer or an error, and what is read encodes without harm.
  @Test func damagedFilesDoNoHarm() throws {
    let whole = Tokenizer.bytePairs(of: "to be or not to be", vocabularySize: 262, specialTokens: ["<s>"]).json
      .serializedBytes()
    for place in stride(from: 0, to: whole.count, by: 5) {
      for byte in [UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "n")] {
        var damaged = whole
        damaged[place] = byte
        guard let json = try? JSONValue(parsing: damaged), let tokenizer = try? Tokenizer(json) else { continue }
        let ids = tokenizer.encode("to be <s> or é").ids
        #expect(ids.allSatisfy { $0 < tokenizer.vocabularySize })
        _ = tokenizer.decode(ids)
      }
    }
  }

  /// Tokens that only look the same are different ones.
  @Test func composedAndDecomposedTokensAreApart() throws {
    let json = try JSONValue(
      parsing: "{\"model\": {\"type\": \"WordLevel\", \"vocab\": {\"\u{e9}\": 0, \"e\u{301}\": 1}}}")
    let tokenizer = try Tokenizer(json)
    #expect(tokenizer.encode("\u{e9}").ids == [0])
    #expect(tokenizer.encode("e\u{301}").ids == [1])
  }
}
