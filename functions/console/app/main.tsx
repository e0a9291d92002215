// The console: loads its settings, resumes the session of the tab, and shows the page that the address names.
import { signal } from '@preact/signals'
import { render } from 'preact'
import { type Failure, failureOf } from './api/failure.ts'
import { isExpired, me, resume } from './api/session.ts'
import { loadSettings } from './api/settings.ts'
import { SignIn } from './pages/entry/sign-in.tsx'
import { Shell } from './shell.tsx'
import { Failed } from './ui/states.tsx'

const state = signal<'starting' | 'ready' | Failure>('starting')

function App() {
  const now = state.value
  if (now === 'starting') return <p class="boot">Loading the console…</p>
  if (now !== 'ready')
    return (
      <main class="sign-in">
        <Failed failure={now} retry={() => void start()} />
      </main>
    )
  if (!me.value) return <SignIn />
  return (
    <>
      <div inert={isExpired.value}>
        <Shell />
      </div>
      {isExpired.value ? (
        <div class="over">
          <SignIn />
        </div>
      ) : null}
    </>
  )
}

async function start(): Promise<void> {
  state.value = 'starting'
  try {
    await loadSettings()
    await resume()
    state.value = 'ready'
  } catch (error) {
    state.value = failureOf(error)
  }
}

const root = document.getElementById('app')
if (root) {
  root.replaceChildren()
  render(<App />, root)
  void start()
}
