// Feedback on an insight, or all that one user has given.
import { useSignal } from '@preact/signals'
import { changeQuery, view } from '../../base/view.ts'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import { Page } from '../../ui/page.tsx'
import { Empty } from '../../ui/states.tsx'
import { InsightPanels } from './insight-panels.tsx'
import { UserPanel } from './user-panel.tsx'

/** The page. */
export function FeedbackPage() {
  const { insight = '', user = '', from = '0' } = view.value.query
  const offset = Math.max(0, Math.trunc(Number(from)) || 0)
  return (
    <Page title="Feedback" intro="Ratings, comments and flags of an insight, or everything that one user has said.">
      <div class="form-row">
        <Finder
          key={`insight ${insight}`}
          label="Insight"
          value={insight}
          onFind={(found) => changeQuery({ insight: found, user: undefined, from: undefined })}
        />
        <Finder
          key={`user ${user}`}
          label="User"
          value={user}
          onFind={(found) => changeQuery({ user: found, insight: undefined, from: undefined })}
        />
      </div>
      {insight === '' ? null : <InsightPanels insight={insight} offset={offset} />}
      {user === '' ? null : <UserPanel user={user} offset={offset} />}
      {insight === '' && user === '' ? (
        <Empty title="Choose an insight or a user">
          <p>Type the id that your application sent with the feedback, and press Enter.</p>
        </Empty>
      ) : null}
    </Page>
  )
}

interface FinderProps {
  readonly label: string
  readonly value: string
  readonly onFind: (value: string) => void
}

function Finder({ label, value, onFind }: FinderProps) {
  const text = useSignal(value)
  return (
    <form
      class="form-row filter"
      onSubmit={(event) => {
        event.preventDefault()
        onFind(text.value.trim())
      }}
    >
      <Field label={label} value={text.value} maxLength={100} onInput={(typed) => (text.value = typed)} />
      <div class="actions">
        <Button type="submit" label={`Show the feedback of this ${label.toLowerCase()}`}>
          Show
        </Button>
      </div>
    </form>
  )
}
