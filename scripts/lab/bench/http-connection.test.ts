import { createServer, type RequestListener } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { type RunningServer, startServer } from '../../../test/support/http/http.ts'
import { type HttpConnection, openConnection } from './http-connection.ts'

const cleanUp: (() => void | Promise<void>)[] = []

afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean()
})

async function connectTo(listener: RequestListener, timeoutMs = 5_000): Promise<HttpConnection> {
  const server: RunningServer = await startServer(createServer(listener))
  cleanUp.push(() => server.stop())
  return await opened(server.port, timeoutMs)
}

async function opened(port: number, timeoutMs = 5_000): Promise<HttpConnection> {
  const connection = await openConnection(port, timeoutMs)
  cleanUp.push(() => connection.close())
  return connection
}

const get = (path: string) => Buffer.from(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)

test('answers of any length are counted to their last byte, one after the other on one connection', async () => {
  const connection = await connectTo((request, response) => {
    const body = Buffer.alloc(Number(request.url?.slice(1)), 'x')
    response.writeHead(200, { 'content-length': body.length }).end(body)
  })

  for (const bytes of [0, 1, 65_536, 3_000_000, 17]) {
    expect(await connection.send(get(`/${bytes}`))).toEqual({ status: 200, bytes })
  }
})

test('an answer may come in pieces, cut anywhere', async () => {
  const text = 'HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhello'
  const server = createTcpServer((socket) => {
    socket.setNoDelay(true)
    const write = (at: number): void => {
      if (at < text.length) socket.write(text.charAt(at), () => setImmediate(write, at + 1))
    }
    socket.once('data', () => write(0))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUp.push(() => void server.close())
  const connection = await opened((server.address() as { port: number }).port)

  expect(await connection.send(get('/'))).toEqual({ status: 201, bytes: 5 })
})

test('a chunked answer is read to its end, wherever it is cut', async () => {
  const connection = await connectTo((request, response) => {
    if (request.url === '/empty') return void response.writeHead(200, { 'transfer-encoding': 'chunked' }).end()
    response.write('{"results":')
    setTimeout(() => response.end('[]}'), 20)
  })

  for (const path of ['/', '/empty', '/']) {
    const { status, bytes } = await connection.send(get(path))
    expect([status, bytes > 13]).toEqual([200, path === '/'])
  }
})

test('no content needs no length, and whatever the status is it is told', async () => {
  const connection = await connectTo((request, response) => {
    if (request.url === '/none') response.writeHead(204).end()
    else response.writeHead(503, { 'content-length': 0 }).end()
  })

  expect(await connection.send(get('/none'))).toEqual({ status: 204, bytes: 0 })
  expect(await connection.send(get('/busy'))).toEqual({ status: 503, bytes: 0 })
})

test('an answer that does not say its length is an error, and so is the next request', async () => {
  const server = createTcpServer((socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\n\r\nno length'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUp.push(() => void server.close())
  const connection = await opened((server.address() as { port: number }).port)

  await expect(connection.send(get('/'))).rejects.toThrow('an answer without a length')
  await expect(connection.send(get('/'))).rejects.toThrow('the connection is closed')
})

test('a connection that the server cuts is an error', async () => {
  const connection = await connectTo((_request, response) => response.destroy())

  await expect(connection.send(get('/'))).rejects.toThrow(/closed|ECONNRESET/)
})

test('no answer in time is an error', async () => {
  const connection = await connectTo(() => {}, 50)

  await expect(connection.send(get('/'))).rejects.toThrow('no answer within 0.05 s')
})

test('a port where nobody listens is an error', async () => {
  const server = await startServer(createServer())
  await server.stop()

  await expect(openConnection(server.port, 1_000)).rejects.toThrow('ECONNREFUSED')
})
