// text-facts.js - what of a text a page may know before it has arrived: node tests/text-facts.js FILE prints how many characters it has, and which.
import { readFileSync } from 'node:fs';

import { charactersOf } from '../www/characters.js';

const text = readFileSync(process.argv[2], 'utf8');
const { characters, vocabulary } = charactersOf(text);
// A beginning of so many characters is known by its length, which is counted in UTF-16 units.
console.log(JSON.stringify(characters === text.length ? { characters, vocabulary } : null));
