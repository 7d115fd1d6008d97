import ApusFiles

/// Tunes in ABC notation (standard 2.1), as collections of folk songs have them: of each the first voice, the highest note of
/// chords, without ornaments. Repeats are not played out.
public struct ABCFile: Sendable {
  public let melodies: [Melody]

  /// The tunes in a file. Throws a ``FileError`` when it cannot be read or is not UTF-8.
  public init(contentsOf path: String) throws(FileError) {
    self.init(parsing: try File.readText(path, maximumSize: 1 << 28))
  }

  /// The tunes in a text; what is not music is passed over.
  public init(parsing text: String) {
    var melodies: [Melody] = []
    var reader: ABCReader?
    func finish() {
      if let notes = reader?.finished(), !notes.isEmpty { melodies.append(Melody(notes)) }
      reader = nil
    }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let line = line.prefix { $0 != "%" && $0 != "\r" }
      if line.isEmpty {
        // A comment is not the empty line that ends a tune.
        continue
      }
      let second = line.index(after: line.startIndex)
      if second < line.endIndex, line[second] == ":", line.first!.isLetter, line.first != "|" {
        if line.first == "X" {
          finish()
          reader = ABCReader()
        }
        reader?.readField(line.first!, line[line.index(after: second)...])
      } else {
        reader?.readMusic(line)
      }
    }
    finish()
    self.melodies = melodies
  }
}

/// Reads one tune.
private struct ABCReader {
  private var notes: [Melody.Note] = []
  /// In 1/96 of a whole note.
  private var unit = Melody.whole / 8
  private var hasUnit = false
  /// By letter, C to B: sharps of the key.
  private var key = [Int](repeating: 0, count: 7)
  /// What stands before notes of this bar, by letter and octave.
  private var accidentals: [Int: Int] = [:]
  private var isInBody = false
  private var voices = 0
  private var tie = false
  /// By what the next note's length is taken, and the last one's was: broken rhythm.
  private var broken = (numerator: 1, denominator: 1)
  private var tuplet = (left: 0, numerator: 1, denominator: 1)

  private static let letters: [Character: Int] = ["C": 0, "D": 1, "E": 2, "F": 3, "G": 4, "A": 5, "B": 6]
  private static let semitones = [0, 2, 4, 5, 7, 9, 11]

  mutating func readField(_ name: Character, _ value: Substring) {
    let value = value.drop { $0 == " " }
    switch name {
    case "L":
      if let length = ABCReader.fraction(value) { (unit, hasUnit) = (length, true) }
    case "M":
      // Below three quarters the unit is a sixteenth.
      if !hasUnit, !isInBody, let meter = ABCReader.fraction(value) {
        unit = meter * 4 < Melody.whole * 3 ? Melody.whole / 16 : Melody.whole / 8
      }
    case "K":
      readKey(value)
      isInBody = true
    case "V": voices = isInBody ? voices + 1 : voices
    default: break
    }
  }

  /// `3/4` in 1/96.
  private static func fraction(_ text: Substring) -> Int? {
    let parts = text.split(separator: "/")
    guard parts.count == 2, let numerator = Int(parts[0]),
      let denominator = Int(parts[1].prefix { $0.isNumber }), (1...64).contains(numerator),
      (1...64).contains(denominator), numerator * Melody.whole >= denominator
    else { return nil }
    return numerator * Melody.whole / denominator
  }

  /// `G`, `Am`, `Bb`, `F#m`, `Ddor`.
  private mutating func readKey(_ text: Substring) {
    guard let tonic = text.first.flatMap({ ABCReader.letters[Character($0.uppercased())] }) else { return }
    var rest = text.dropFirst()
    // Sharps of the major keys, by fifths from C.
    var fifths = [0, 2, 4, -1, 1, 3, 5][tonic]
    if rest.first == "#" { (fifths, rest) = (fifths + 7, rest.dropFirst()) }
    if rest.first == "b" { (fifths, rest) = (fifths - 7, rest.dropFirst()) }
    let mode = rest.drop { $0 == " " }.prefix(3).lowercased()
    let modes = ["mix": -1, "dor": -2, "min": -3, "aeo": -3, "phr": -4, "loc": -5, "lyd": 1]
    if let change = modes[mode] {
      fifths += change
    } else if mode.first == "m", !mode.hasPrefix("maj") {
      fifths -= 3
    }
    key = [Int](repeating: 0, count: 7)
    let sharps = [3, 0, 4, 1, 5, 2, 6]
    for number in 0..<min(7, max(0, fifths)) { key[sharps[number]] = 1 }
    for number in 0..<min(7, max(0, -fifths)) { key[sharps[6 - number]] = -1 }
  }

  mutating func readMusic(_ line: Substring) {
    guard isInBody, voices <= 1 else { return }
    let characters = Array(line)
    var place = 0
    func at(_ index: Int) -> Character? { characters.indices.contains(index) ? characters[index] : nil }
    func skip(to end: Character) {
      place += 1
      while let character = at(place), character != end { _ = character; place += 1 }
      place += 1
    }
    while let character = at(place) {
      switch character {
      case "\"", "!", "+": skip(to: character)
      case "{": skip(to: "}")
      case "[" where at(place + 2) == ":" && (at(place + 1)?.isLetter ?? false):
        let name = at(place + 1)!
        let start = place + 3
        skip(to: "]")
        readField(name, Substring(String(characters[min(start, characters.count)..<max(start, place - 1)])))
      case "[" where at(place + 1).map({ ABCReader.isNote($0) }) ?? false:
        place += 1
        readChord(characters, &place)
      case "|", ":":
        accidentals = [:]
        place += 1
      case ">", "<":
        breakRhythm(character == ">")
        place += 1
      case "(" where at(place + 1)?.isNumber ?? false:
        readTuplet(characters, &place)
      case "-":
        tie = !notes.isEmpty
        place += 1
      case "z", "x":
        place += 1
        add(nil, ABCReader.length(characters, &place))
      case _ where ABCReader.isNote(character):
        if let pitch = readPitch(characters, &place) { add(pitch, ABCReader.length(characters, &place)) }
      default: place += 1
      }
    }
  }

  private static func isNote(_ character: Character) -> Bool {
    "^_=".contains(character) || (character.isASCII && ABCReader.letters[Character(character.uppercased())] != nil)
  }

  /// The pitch at a place, which goes on behind it; nil where accidentals have no note.
  private mutating func readPitch(_ characters: [Character], _ place: inout Int) -> Int? {
    var accidental: Int?
    while place < characters.count, let change = ["^": 1, "_": -1, "=": 0][characters[place]] {
      accidental = (accidental ?? 0) + change
      place += 1
    }
    guard place < characters.count, let letter = ABCReader.letters[Character(characters[place].uppercased())] else {
      return nil
    }
    var octave = characters[place].isLowercase ? 1 : 0
    place += 1
    while place < characters.count, characters[place] == "'" || characters[place] == "," {
      octave += characters[place] == "'" ? 1 : -1
      place += 1
    }
    let name = octave * 7 + letter
    if let accidental { accidentals[name] = accidental }
    let pitch = 60 + 12 * octave + ABCReader.semitones[letter] + (accidentals[name] ?? key[letter])
    return (0...127).contains(pitch) ? pitch : nil
  }

  /// `3`, `/`, `//`, `3/2`: a factor.
  private static func length(_ characters: [Character], _ place: inout Int) -> (numerator: Int, denominator: Int) {
    func number() -> Int? {
      var digits = ""
      while place < characters.count, characters[place].isASCII, characters[place].isNumber, digits.count < 4 {
        digits.append(characters[place])
        place += 1
      }
      return Int(digits)
    }
    let numerator = number() ?? 1
    var denominator = 1
    while place < characters.count, characters[place] == "/", denominator < 64 {
      place += 1
      denominator *= number() ?? 2
    }
    return (max(1, numerator), max(1, denominator))
  }

  private mutating func readChord(_ characters: [Character], _ place: inout Int) {
    var (highest, first): (Int?, (numerator: Int, denominator: Int)?) = (nil, nil)
    while place < characters.count, characters[place] != "]" {
      if ABCReader.isNote(characters[place]) {
        if let pitch = readPitch(characters, &place) { highest = max(highest ?? 0, pitch) }
        let length = ABCReader.length(characters, &place)
        first = first ?? length
      } else {
        place += 1
      }
    }
    place += 1
    let after = ABCReader.length(characters, &place)
    let inside = first ?? (1, 1)
    if let highest {
      add(highest, (inside.numerator * after.numerator, inside.denominator * after.denominator))
    }
  }

  /// `(3`: three notes in the time of two.
  private mutating func readTuplet(_ characters: [Character], _ place: inout Int) {
    place += 1
    let count = characters[place].wholeNumberValue ?? 3
    place += 1
    var numbers: [Int?] = []
    while numbers.count < 2, place < characters.count, characters[place] == ":" {
      place += 1
      let digit = place < characters.count ? characters[place].wholeNumberValue : nil
      numbers.append(digit)
      if digit != nil { place += 1 }
    }
    let time = (numbers.first ?? nil) ?? [2: 3, 3: 2, 4: 3, 6: 2, 8: 3][count] ?? 2
    let notes = numbers.count > 1 ? numbers[1] ?? count : count
    if count > 0, time > 0 { tuplet = (notes, time, count) }
  }

  /// `a>b`: half of the second's time goes to the first.
  private mutating func breakRhythm(_ firstIsLonger: Bool) {
    guard let last = notes.indices.last else { return }
    notes[last].length = max(1, firstIsLonger ? notes[last].length * 3 / 2 : notes[last].length / 2)
    broken = firstIsLonger ? (1, 2) : (3, 2)
  }

  private mutating func add(_ pitch: Int?, _ factor: (numerator: Int, denominator: Int)) {
    var (numerator, denominator) = factor
    numerator *= broken.numerator
    denominator *= broken.denominator
    broken = (1, 1)
    if tuplet.left > 0 {
      numerator *= tuplet.numerator
      denominator *= tuplet.denominator
      tuplet.left -= 1
    }
    let length = max(1, min(16 * Melody.whole, unit * numerator / denominator))
    if tie, let last = notes.indices.last, notes[last].pitch == pitch, pitch != nil {
      notes[last].length = min(16 * Melody.whole, notes[last].length + length)
    } else {
      notes.append(Melody.Note(pitch: pitch, length: length))
    }
    tie = false
  }

  func finished() -> [Melody.Note] { notes }
}
