/**
 * The rules of the house, held by `npm run check`:
 * arrows between rooms, front doors, no cycles, indexes that only re-export, where the process may end or start
 * others, where Bun's own APIs may stand, file sizes and names. `scripts/fixtures/rooms` has a tree that breaks each.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";

/** Who may import whom. `types`: type imports only. */
export const rooms = {
	lib: { code: [] },
	sys: { code: ["lib"] },
	oci: { code: ["lib"] },
	api: { code: ["lib", "oci"] },
	events: { code: ["lib"], types: ["api"] },
	store: { code: ["lib", "sys", "oci"] },
	archive: { code: ["lib", "sys", "oci"], types: ["store"] },
	registry: { code: ["lib", "oci"] },
	trust: { code: ["lib", "oci"], types: ["registry"] },
	sbom: { code: ["lib", "oci"], types: ["archive"] },
	networks: { code: ["lib", "sys", "oci", "store"] },
	volumes: { code: ["lib", "sys", "oci", "api", "store"], types: ["archive"] },
	secrets: { code: ["lib", "sys"], types: ["store"] },
	logging: { code: ["lib", "sys", "api"] },
	runtime: { code: ["lib", "sys", "oci"], types: ["store", "networks"] },
	images: { code: ["lib", "sys", "oci", "store", "registry", "archive", "trust"], types: ["events"] },
	containers: {
		code: [
			"lib",
			"sys",
			"oci",
			"api",
			"store",
			"archive",
			"images",
			"logging",
			"runtime",
			"networks",
			"volumes",
			"secrets",
		],
		types: ["events"],
	},
	builder: {
		code: ["lib", "sys", "oci", "store", "archive", "images", "runtime", "networks", "sbom"],
		types: ["events", "secrets", "registry"],
	},
	buildkit: { code: ["lib", "sys", "oci", "builder"], types: ["archive"] },
	server: { code: ["lib", "api"], types: ["events"] },
	policy: { code: ["lib", "oci", "api"], types: ["server", "events", "builder"] },
	"registry-server": { code: ["lib", "sys", "oci", "server"], types: ["events", "store", "images"] },
	daemon: {
		code: [
			"lib",
			"sys",
			"oci",
			"api",
			"events",
			"store",
			"archive",
			"registry",
			"trust",
			"sbom",
			"logging",
			"runtime",
			"networks",
			"volumes",
			"secrets",
			"images",
			"containers",
			"builder",
			"buildkit",
			"server",
			"registry-server",
			"policy",
		],
	},
	client: { code: ["lib", "api"] },
	compare: { code: ["lib", "api", "client"] },
	cli: { code: ["lib", "sys", "api", "client", "compare", "trust", "builder", "policy"] },
	bin: { code: ["archive", "logging", "daemon", "cli"] },
};

/** Doors beside `index.ts`: small entries for programs that must start fast. */
const sideDoors = new Set([
	"api/syntax.ts",
	"builder/needs.ts",
	"lib/closest.ts",
	"lib/template/compile.ts",
	"logging/shipper.ts",
	"sys/terminal.ts",
	"sys/unix-fetch.ts",
]);
const maxLines = 400;
const vagueNames = /^(utils?|helpers?|common|manager|misc)\.(ts|mjs)$/;

/** Checks the tree below `root` (a folder with `src/`). Returns one line per breach, empty when the house is in order. */
export function checkRooms(root) {
	const source = join(root, "src");
	const files = listFiles(source).filter((file) => file.endsWith(".ts"));
	const parsed = new Map(files.map((file) => [file, parseFile(file)]));
	const breaches = [];
	for (const [file, { imports, code, lines }] of parsed) {
		const place = relative(source, file);
		const report = (rule, text) => breaches.push(`${rule}: src/${place}: ${text}`);
		checkSize(lines, report);
		if (vagueNames.test(basename(file)))
			report("name", "the name says nothing; call the file after what it does");
		if (place.endsWith(".test.ts")) continue;
		checkArrows(source, place, imports, report);
		checkIndex(place, code, report);
		checkForbidden(place, code, imports, report);
	}
	for (const cycle of findCycles(parsed))
		breaches.push(`cycle: ${cycle.map((file) => `src/${relative(source, file)}`).join(" → ")}`);
	return breaches;
}

export function listFiles(folder) {
	return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
		const path = join(folder, entry.name);
		return entry.isDirectory() ? listFiles(path) : [path];
	});
}

/** Lines over the limit, for the trees that have no rooms (tests, scripts, native). */
export function checkSizes(root, folders) {
	return folders.flatMap((folder) =>
		listFiles(join(root, folder))
			.filter((file) => /\.(ts|mjs|c|h)$/.test(file) && statSync(file).isFile())
			.map((file) => ({ file, lines: readFileSync(file, "utf8").split("\n").length - 1 }))
			.filter(({ lines }) => lines > maxLines)
			.map(({ file, lines }) => `size: ${relative(root, file)}: ${lines} lines, at most ${maxLines}`),
	);
}

function parseFile(file) {
	const text = readFileSync(file, "utf8");
	const code = stripComments(text);
	const imports = [];
	for (const match of code.matchAll(/^\s*(import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"/gm))
		imports.push({ specifier: match[3], typeOnly: match[2] !== undefined });
	for (const match of code.matchAll(/\bimport\(\s*"([^"]+)"\s*\)/g))
		imports.push({ specifier: match[1], typeOnly: false, dynamic: true });
	for (const entry of imports) {
		if (entry.specifier.startsWith(".")) entry.target = resolve(dirname(file), entry.specifier);
	}
	return { imports, code, lines: text.split("\n").length - 1 };
}

function stripComments(text) {
	return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[^:"'`\\])\/\/.*$/gm, "$1");
}

function checkSize(lines, report) {
	if (lines > maxLines) report("size", `${lines} lines, at most ${maxLines}`);
}

function checkArrows(source, place, imports, report) {
	const room = place.split("/")[0];
	const allowed = rooms[room];
	if (allowed === undefined) return report("room", `no room named ${room} in scripts/rooms.mjs`);
	for (const { target, specifier, typeOnly } of imports) {
		if (target === undefined) continue;
		const other = relative(source, target);
		const otherRoom = other.split("/")[0];
		if (otherRoom === room) {
			if (other === `${room}/index.ts` && place !== `${room}/index.ts`)
				report("front-door", `imports its own room's index (${specifier})`);
			continue;
		}
		const ok = allowed.code.includes(otherRoom) || (typeOnly && (allowed.types ?? []).includes(otherRoom));
		if (!ok) report("arrow", `${room} may not import ${otherRoom}${typeOnly ? "" : " (code)"}: ${specifier}`);
		else if (other !== `${otherRoom}/index.ts` && !sideDoors.has(other) && room !== "bin")
			report("front-door", `enters ${otherRoom} through ${specifier}, not its index.ts`);
	}
}

function checkIndex(place, code, report) {
	if (place.split("/").length !== 2 || basename(place) !== "index.ts") return;
	const rest = code.replace(/export\s+(type\s+)?(\*|\*\s+as\s+\w+|\{[^}]*\})\s+from\s+"[^"]+";?/g, "").trim();
	if (rest !== "") report("index", `holds more than re-exports: ${rest.split("\n")[0].slice(0, 60)}`);
}

const forbidden = [
	{
		rule: "exit",
		pattern: /\bprocess\.exit\(/,
		rooms: ["bin", "cli"],
		text: "process.exit is for bin/ and cli/",
	},
	{
		rule: "spawn",
		pattern: /["'](node:)?child_process["']/,
		rooms: ["sys"],
		text: "child_process is for sys/",
	},
	{
		rule: "remove",
		pattern: /\brm(Sync)?\([^;]*?\brecursive: true/,
		rooms: ["lib"],
		text: "folders are removed by removeTree of lib/",
	},
	{ rule: "bun", pattern: /["']bun:\w+["']|\bBun\.\w/, rooms: ["sys"], text: "Bun's own APIs are for sys/" },
];

function checkForbidden(place, code, _imports, report) {
	const room = place.split("/")[0];
	for (const { rule, pattern, rooms: where, text } of forbidden) {
		if (pattern.test(code) && !where.includes(room)) report(rule, text);
	}
}

function findCycles(parsed) {
	const done = new Set();
	const cycles = [];
	const visit = (file, path) => {
		const at = path.indexOf(file);
		if (at >= 0) {
			cycles.push([...path.slice(at), file]);
			return;
		}
		if (done.has(file)) return;
		for (const { target } of parsed.get(file)?.imports ?? []) {
			if (target !== undefined && parsed.has(target)) visit(target, [...path, file]);
		}
		done.add(file);
	};
	for (const file of parsed.keys()) visit(file, []);
	return cycles;
}
