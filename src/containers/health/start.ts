import type { Container, Run } from "../container.ts";
import type { Context } from "../context.ts";

export function startHealthMonitor(_context: Context, _container: Container, _run: Run): void {}
