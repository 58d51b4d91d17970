/** The page of options holds every field of the schemas, and names a test that speaks of it. */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { ContainerConfig, HealthConfig } from "../../src/api/schemas/container-config.ts";
import { HostConfig } from "../../src/api/schemas/host-config.ts";

const page = readFileSync(new URL("../../docs/container-options.md", import.meta.url), "utf8");

interface Row {
	readonly field: string;
	readonly flags: readonly string[];
	readonly test: URL;
}

function rowsOf(heading: string): Row[] {
	const part = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? "";
	return [...part.matchAll(/^\| `(\w+)` \| (.*?) \| .+ \| `([\w/-]+)` \|$/gm)].map(
		([, field, flags, path]) => ({
			field: field!,
			flags: [...flags!.matchAll(/`(--[\w-]+)`/g)].map(([, flag]) => flag!),
			test: new URL(`../${path}.test.ts`, import.meta.url),
		}),
	);
}

/** Hull's own fields have pages of their own. */
const isDockers = (field: string) => !field.startsWith("Hull");
const hostConfigFields = HostConfig.allOf.flatMap(({ properties }) => Object.keys(properties));

describe.each([
	["HostConfig", hostConfigFields.filter(isDockers), 69],
	["ContainerConfig", Object.keys(ContainerConfig.properties), 24],
	["HealthConfig", Object.keys(HealthConfig.properties), 6],
] as const)("%s", (heading, fields, count) => {
	const rows = rowsOf(heading);

	test("the page has each field once", () => {
		expect(rows.map(({ field }) => field).sort()).toEqual([...fields].sort());
		expect(rows).toHaveLength(count);
	});

	test("the test that a row names speaks of the field, or of its flag", () => {
		const silent = rows.filter(({ field, flags, test: path }) => {
			const text = existsSync(path) ? readFileSync(path, "utf8") : "";
			const words = [`\\b${field}\\b`, ...flags.map((flag) => `${flag}\\b`)];
			return !new RegExp(words.join("|")).test(text);
		});
		expect(silent.map(({ field, test: path }) => `${field}: ${path.pathname.split("/test/")[1]}`)).toEqual(
			[],
		);
	});
});
