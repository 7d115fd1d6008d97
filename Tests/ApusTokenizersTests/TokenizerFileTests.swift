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
    ]
    for (text, expected) in cases {
      let message = try Self.message(text)
      #expect(message == expected)
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
