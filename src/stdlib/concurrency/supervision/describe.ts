/** Supervisors as programs see them. */

import { type Dict, type List, listOf, record, type Vm } from "../../../vm/index.ts";
import { allSupervisors, type Supervisor } from "./supervisor.ts";

export const describeMetrics = ({ metrics }: Supervisor): Dict => record({ ...metrics });

export function describe(supervisor: Supervisor): Dict {
  const { spec, status, children } = supervisor;
  return record({
    _type: "supervisor_state",
    id: spec.id,
    name: spec.name,
    status,
    strategy: spec.strategy,
    metrics: describeMetrics(supervisor),
    children: listOf(
      children.map((child) =>
        record({
          name: child.spec.name,
          kind: child.spec.kind,
          status: child.status,
          restart_count: child.restartsMs.length,
          last_error: child.lastError,
          current_wait_reason: child.waitReason,
          active_lease: child.spec.activeLease,
          next_restart_time: child.nextRestartMs,
        }),
      ),
    ),
  });
}

/** For `runtime_context().debug`. */
export function describeSupervisors(vm: Vm): List {
  return listOf(allSupervisors(vm).map(describe));
}
