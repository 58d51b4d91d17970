import { containerRestart } from "../../../client/index.ts";
import { stopCommand } from "./stop-command.ts";

export const command = stopCommand("container", containerRestart);
