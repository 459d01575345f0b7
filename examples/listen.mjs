// Prints everything that somebody may hear: sh scripts/with-node.sh node examples/listen.mjs TOKEN [ADDRESS]
const [token, address = 'ws://127.0.0.1:8301/v1/ws'] = process.argv.slice(2);
const socket = new WebSocket(address, 'tertulia.v1');
socket.onopen = () => socket.send(JSON.stringify({ id: 1, type: 'auth', data: { token } }));
socket.onmessage = ({ data }) => console.log(data);
socket.onclose = ({ code }) => console.log(`closed with ${code}`);
