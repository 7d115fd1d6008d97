#!/bin/sh
# Speaks words with espeak-ng's voices, for `apus train keywords --data DIR`:
#   Scripts/speak-words.sh DIR [WORD…]
# A file is named after who speaks, how high and how fast: DIR/yes/en-us+f3_40_160.wav. (apt: espeak-ng)
set -eu
directory=${1:?usage: Scripts/speak-words.sh DIR [WORD…]}
shift
[ $# -gt 0 ] || set -- yes no up down left right on off stop go
command -v espeak-ng >/dev/null || { echo "speak-words: espeak-ng is missing (apt-get install espeak-ng)" >&2; exit 1; }
for word in "$@"; do
  mkdir -p "$directory/$word"
  for accent in en-gb en-us en-gb-scotland en-gb-x-rp en-029; do
    for voice in m1 m2 m3 m4 m5 m6 m7 m8 f1 f2 f3 f4 f5; do
      for pitch in 30 50 70; do
        for speed in 120 160 200; do
          espeak-ng -v "$accent+$voice" -p $pitch -s $speed -w "$directory/$word/$accent+${voice}_${pitch}_$speed.wav" "$word"
        done
      done
    done
  done
done
