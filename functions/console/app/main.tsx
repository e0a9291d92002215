// The console: resumes the session of the tab, or asks for a credential, and shows the page that the address names.
import { signal } from '@preact/signals'
import { render } from 'preact'
import { hasStored, isExpired, me, resume } from './api/session.ts'
import { SignIn } from './pages/entry/sign-in.tsx'
import { Shell } from './shell.tsx'

const isResuming = signal(hasStored())

function App() {
  if (isResuming.value) return <p class="boot">Loading the console…</p>
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
  await resume()
  isResuming.value = false
}

const root = document.getElementById('app')
if (root) {
  root.replaceChildren()
  render(<App />, root)
  void start()
}
