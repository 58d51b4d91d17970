import { expect, test } from "bun:test";
import type { Digest } from "../../oci/index.ts";
import type { ContainerMount } from "../record/record.ts";
import { planMounts } from "./plan-mounts.ts";

const digest = (digit: string) => `sha256:${digit.repeat(64)}` as Digest;
const none = { mountsOf: () => [], image: () => ({ id: digest("1"), chainId: digest("2") }) };

test("binds, named and anonymous volumes, with an image's volume left out where something is mounted", () => {
	const plan = planMounts(
		{ Volumes: { "/data": {}, "/cache": {} } },
		{ Binds: ["/src:/data:ro", "vol:/v"] },
		none,
	);
	expect(plan.mounts.map((mount) => [mount.type, mount.target])).toEqual([
		["bind", "/data"],
		["volume", "/v"],
		["volume", "/cache"],
	]);
	expect(plan.mounts[0]).toMatchObject({ source: "/src", readOnly: true, createSource: true, mode: "ro" });
	expect(plan.volumes).toMatchObject([
		{ name: "vol", anonymous: false, copyFrom: "/v" },
		{ anonymous: true, copyFrom: "/cache" },
	]);
	expect(plan.volumes[1]?.name).toMatch(/^[0-9a-f]{64}$/);
});

test("two mounts at one place are refused with Docker's text", () => {
	expect(() => planMounts({}, { Binds: ["/a:/x", "/b:/x/"] }, none)).toThrow("Duplicate mount point: /x");
	expect(() => planMounts({}, { Binds: ["/a:/x"], Tmpfs: { "/x": "" } }, none)).toThrow(
		"Duplicate mount point: /x",
	);
});

test("an image is mounted by what it is now, whatever its name comes to mean", () => {
	const mount = { Type: "image", Source: "tools", Target: "/t", ImageOptions: { Subpath: "bin" } } as const;
	expect(planMounts({}, { Mounts: [mount] }, none).mounts).toEqual([
		{
			type: "image",
			reference: "tools",
			imageId: digest("1"),
			chainId: digest("2"),
			target: "/t",
			subpath: "bin",
		},
	]);
	const outside = { ...mount, ImageOptions: { Subpath: "../etc" } };
	expect(() => planMounts({}, { Mounts: [outside] }, none)).toThrow(
		'invalid mount config for type "image": subpath must be a relative path within the image',
	);
});

test("--mount never makes a missing source", () => {
	const plan = planMounts({}, { Mounts: [{ Type: "bind", Source: "/a", Target: "/x" }] }, none);
	expect(plan.mounts[0]).toMatchObject({ createSource: false, propagation: "rprivate" });
});

test("volumes-from takes another container's mounts, read-only when asked, own ones win", () => {
	const others: ContainerMount[] = [
		{ type: "volume", name: "v", target: "/v", readOnly: false, anonymous: false, subpath: "", mode: "z" },
		{ type: "volume", name: "w", target: "/w", readOnly: false, anonymous: false, subpath: "", mode: "z" },
	];
	const plan = planMounts(
		{},
		{ VolumesFrom: ["c:ro"], Binds: ["/a:/w"] },
		{ ...none, mountsOf: () => others },
	);
	expect(plan.mounts).toMatchObject([
		{ target: "/v", readOnly: true, mode: "" },
		{ type: "bind", target: "/w" },
	]);
	expect(plan.volumes).toEqual([]);
});
