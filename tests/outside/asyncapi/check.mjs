// Parses an AsyncAPI document with all files that it refers to; any error of the parser is a failure.
import { AvroSchemaParser } from '@asyncapi/avro-schema-parser';
import { fromFile, Parser } from '@asyncapi/parser';

const parser = new Parser();
parser.registerSchemaParser(AvroSchemaParser());
const { document, diagnostics } = await fromFile(parser, process.argv[2]).parse();
const errors = diagnostics.filter((it) => it.severity === 0);
for (const it of errors) console.error(it.code, it.message, it.path.join('.'));
if (document) console.log(`${document.channels().all().length} channels`);
process.exit(document && errors.length === 0 ? 0 : 1);
