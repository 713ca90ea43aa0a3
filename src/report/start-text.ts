import { ruleText } from '../pipeline/discover.ts';
import { few } from '../pipeline/few.ts';
import type { Plan } from '../pipeline/plan.ts';
import type { Way } from '../pipeline/way.ts';

/** What of the configuration a start tells. */
interface Started {
  readonly plan: Pick<Plan, 'upstreams' | 'discover'>;
  readonly consul: { readonly address: string };
  readonly output: string;
  readonly nginx: { readonly via: Way['kind'] | 'auto' };
}

export function startText({ plan, consul, output, nginx }: Started, way: Way, version: string): string {
  const rule = plan.discover === undefined ? [] : [ruleText(plan.discover)];
  const names = [few(plan.upstreams.map(({ name }) => name)), ...rule].filter((one) => one !== '').join(', ');
  return `upsync ${version} follows ${names || 'what templates ask for'} in ${consul.address}, writes ${output}${spell(nginx.via, way)}`;
}

/** What was left to us to choose is told, and why. */
function spell(via: Started['nginx']['via'], way: Way): string {
  if (way.kind === 'push') return ', and pushes to its workers';
  return via === 'reload' ? '' : `, and reloads nginx: ${way.why}`;
}
