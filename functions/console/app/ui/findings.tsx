// Findings of monitoring, each with the file that says what to do.
import type { SuiteState } from '@penstock/client/api.ts'
import { Badge } from './page.tsx'

/** A list of findings. */
export function Findings({ findings }: { readonly findings: SuiteState['findings'] }) {
  return (
    <ul class="findings">
      {findings.map(({ code, severity, detail, playbook }) => (
        <li key={`${code} ${detail}`}>
          <Badge tone={severity}>{severity}</Badge>
          <div>
            <p>{detail}</p>
            <p class="note">
              <code>{code}</code>, see <code>{playbook}</code>
            </p>
          </div>
        </li>
      ))}
    </ul>
  )
}
