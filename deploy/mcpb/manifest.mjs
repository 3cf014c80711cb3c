// Prints the manifest of a bundle: node manifest.mjs TEMPLATE VERSION SYSTEM PROGRAM
import { readFileSync } from "node:fs";

const [template, version, system, program] = process.argv.slice(2);
const manifest = JSON.parse(readFileSync(template, "utf8"));
manifest.version = version;
manifest.server.entry_point = `server/${program}`;
manifest.server.mcp_config.command = "${__dirname}/server/" + program;
manifest.compatibility.platforms = [{ windows: "win32" }[system] ?? system];
process.stdout.write(JSON.stringify(manifest, null, 2) + "\n");
