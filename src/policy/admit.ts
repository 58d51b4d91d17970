import type { SocketPolicy } from "./contract.ts";
import { denial } from "./denial.ts";
import { canBeScoped } from "./operations.ts";

/** Whether an operation may be called at all; `forbidden` with the rule `operations` or `scope` if not. */
export function admit(policy: SocketPolicy, operation: string): void {
	if (!policy.operations.has(operation))
		throw denial(policy, "operations", `${operation} is not among the operations of this socket`);
	// Also held where policies are read; here nothing depends on that.
	if (policy.scope === "own" && !canBeScoped(operation))
		throw denial(policy, "scope", `${operation} cannot be limited to what is this socket's own`);
}
