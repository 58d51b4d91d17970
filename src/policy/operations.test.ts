import { expect, test } from "bun:test";
import { operations } from "../api/index.ts";
import { groupOf, operationGroups, operationsNamed } from "./operations.ts";
import { roles } from "./roles.ts";

test("every operation of the API is in one group, and every group has operations of the API alone", () => {
	const grouped = Object.values(operationGroups).flatMap(({ operations: ids }) => [...ids]);
	expect(grouped.toSorted()).toEqual(operations.map(({ id }) => id).toSorted() as never[]);
});

test("the roles that are limited to their own have no operation that cannot be", () => {
	for (const { scope, groups } of Object.values(roles))
		for (const group of groups) if (scope === "own") expect(operationGroups[group].scopes).toBe("any");
});

test("names of groups and operations are found, others are not", () => {
	expect(groupOf("ContainerCreate")).toBe("containers-create");
	expect(operationsNamed("@egress")).toEqual(["HullContainerEgress", "HullNetworkEgress"]);
	for (const text of ["@", "@constructor", "containerCreate", "@egres"])
		expect(operationsNamed(text)).toBeUndefined();
});
