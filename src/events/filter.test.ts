import { expect, test } from "bun:test";
import type { EngineEvent } from "./contract.ts";
import { type EventFilters, eventFilter } from "./filter.ts";

const start: EngineEvent = {
	type: "container",
	action: "exec_start: sh -c true",
	actor: {
		id: "0123abcd",
		attributes: { name: "web", image: "docker.io/library/busybox:1.36", tier: "front" },
	},
	timeNano: 1n,
};
const pull: EngineEvent = {
	type: "image",
	action: "pull",
	actor: { id: "busybox:1.36", attributes: { name: "busybox" } },
	timeNano: 2n,
};

const cases: [EventFilters, container: boolean, image: boolean][] = [
	[{}, true, true],
	[{ type: [] }, true, true],
	[{ type: ["image"] }, false, true],
	[{ type: ["image", "container"] }, true, true],
	[{ event: ["pull"] }, false, true],
	[{ event: ["exec_start"] }, true, false],
	[{ event: ["exec"] }, false, false],
	[{ container: ["0123"] }, true, false],
	[{ container: ["web"] }, true, false],
	[{ container: ["other"] }, false, false],
	[{ image: ["busybox"] }, true, true],
	[{ image: ["busybox:1.36"] }, false, true],
	[{ image: ["docker.io/library/busybox:1.36"] }, true, false],
	[{ label: ["tier"] }, true, false],
	[{ label: ["tier=front", "name=web"] }, true, false],
	[{ label: ["tier=back"] }, false, false],
	[{ label: ["constructor"] }, false, false],
	[{ scope: ["local"] }, true, true],
	[{ scope: ["swarm"] }, false, false],
	[{ type: ["container"], event: ["pull"] }, false, false],
];

for (const [filters, container, image] of cases) {
	test(JSON.stringify(filters), () => {
		const matches = eventFilter(filters);
		expect([matches(start), matches(pull)]).toEqual([container, image]);
	});
}

test("a key that is not known is named", () => {
	expect(() => eventFilter({ foo: ["x"] })).toThrow("invalid filter 'foo'");
});
