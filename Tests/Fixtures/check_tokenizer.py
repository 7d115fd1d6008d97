"""What Hugging Face's `tokenizers` makes of a tokenizer's file: `check_tokenizer.py FILE` reads texts as JSON strings, one
a line, and prints their ids and the text decoded from them, one JSON array a line.
"""

import json
import sys

from tokenizers import Tokenizer

tokenizer = Tokenizer.from_file(sys.argv[1])
for line in sys.stdin:
    ids = tokenizer.encode(json.loads(line)).ids
    print(json.dumps([ids, tokenizer.decode(ids)]))
