// implementation("com.squareup.okhttp3:okhttp:4.12.0")
// implementation("io.socket:socket.io-client:2.1.2") { exclude(group = "org.json", module = "json") } // Android brings it
import io.socket.client.IO
import io.socket.client.Socket
import okhttp3.HttpUrl.Companion.toHttpUrl
import okhttp3.MediaType.Companion.toMediaType
import okhttp3.MultipartBody
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.RequestBody
import okhttp3.RequestBody.Companion.asRequestBody
import okhttp3.RequestBody.Companion.toRequestBody
import org.json.JSONObject
import java.io.File
import java.io.IOException
import java.util.TreeSet
import java.util.UUID

private const val GIVE_UP_MS = 60_000L // how long a message that cannot leave is tried before its writer is told
private val JSON = "application/json".toMediaType()
private val IMAGE = "image/*".toMediaType() // the server looks at the bytes

class ChatRefused(message: String, val code: String, val again: Boolean, val afterMs: Long) : Exception(message)

/** The support chat of one user. Calls wait for the network: make them on Dispatchers.IO. [onMessage] gets every message
 *  once, whichever way it came, on the caller's thread or the socket's; the greeting of the day has no id. */
class Chat(
    private val desk: String,
    private val appKey: String,
    private val userId: String,
    private val onMessage: (JSONObject) -> Unit,
    private val onError: (JSONObject) -> Unit = {},
) {
    private val http = OkHttpClient()
    private val known = TreeSet<Long>()
    // Signed user ids: "user_hash" here, and the headers X-User-Id and X-User-Hash in call().
    private val socket: Socket = IO.socket(desk, IO.Options.builder().setAuth(mapOf("app_key" to appKey)).setForceNew(true).build())

    init {
        // At the first connection and at each one after a loss: what was missed comes again (0: all of it).
        socket.on(Socket.EVENT_CONNECT) { socket.emit("join_chat", JSONObject().put("user_id", userId).put("after", last() ?: 0)) }
        socket.on("new_message") { take(it[0] as JSONObject) }
        socket.on("error") { onError(it[0] as JSONObject) }
    }

    /** Shows the newest messages, and whatever comes from then on. */
    fun open(userName: String) {
        page("user_name" to userName).forEach(::take)
        socket.connect()
    }

    /** For scrolling up: the messages before the one with this id. */
    fun older(id: Long): List<JSONObject> = page("before" to id.toString())

    /** Its id. The same [clientId] is the same message, so it may leave twice and is stored once. */
    fun send(text: String, photos: List<File> = emptyList(), clientId: String = UUID.randomUUID().toString()): Long {
        val form = MultipartBody.Builder().setType(MultipartBody.FORM)
            .addFormDataPart("user_id", userId).addFormDataPart("message", text).addFormDataPart("client_id", clientId)
        for (photo in photos) form.addFormDataPart("photo", photo.name, photo.asRequestBody(IMAGE))
        return patiently { post("send_message", form.build()) }.getLong("message_id")
    }

    /** All that was shown has been seen: the operator's panel says so. */
    fun read() {
        last()?.let { socket.emit("read", JSONObject().put("user_id", userId).put("message_id", it)) }
    }

    /** With every start of the app, and in FirebaseMessagingService.onNewToken. */
    fun registerDevice(fcmToken: String, deviceId: String) {
        val device = JSONObject().put("user_id", userId).put("fcm_token", fcmToken).put("device_id", deviceId).put("platform", "android")
        post("register_device", device.toString().toRequestBody(JSON))
    }

    fun close() {
        socket.disconnect()
    }

    private fun last(): Long? = synchronized(known) { if (known.isEmpty()) null else known.last() }

    private fun take(message: JSONObject) {
        val isNew = message.isNull("id") || synchronized(known) { known.add(message.getLong("id")) }
        if (isNew) onMessage(message)
    }

    private fun page(option: Pair<String, String>): List<JSONObject> {
        val url = desk.toHttpUrl().newBuilder().addPathSegment("message_history").addPathSegment(userId)
            .addQueryParameter("limit", "50").addQueryParameter(option.first, option.second).build()
        val messages = call(Request.Builder().url(url)).getJSONArray("messages")
        return (0 until messages.length()).map(messages::getJSONObject)
    }

    private fun post(path: String, body: RequestBody): JSONObject =
        call(Request.Builder().url(desk.toHttpUrl().newBuilder().addPathSegment(path).build()).post(body))

    private fun call(request: Request.Builder): JSONObject =
        http.newCall(request.header("X-App-Key", appKey).build()).execute().use { response ->
            val text = response.body!!.string()
            if (response.isSuccessful) return JSONObject(text)
            val refusal = runCatching { JSONObject(text) }.getOrElse { JSONObject() }
            val afterMs = (response.header("Retry-After")?.toLongOrNull() ?: 0) * 1000
            throw ChatRefused(refusal.optString("error", "HTTP ${response.code}"), refusal.optString("code"), response.code == 429 || response.code >= 500, afterMs)
        }

    /** Again after a lost connection, 429 and 5xx; what the server has refused is refused. */
    private fun <T> patiently(ask: () -> T): T {
        val end = System.currentTimeMillis() + GIVE_UP_MS
        var wait = 500L
        while (true) {
            val afterMs = try {
                return ask()
            } catch (e: IOException) {
                if (System.currentTimeMillis() > end) throw e else 0L
            } catch (e: ChatRefused) {
                if (!e.again || System.currentTimeMillis() > end) throw e else e.afterMs
            }
            Thread.sleep(maxOf(wait, afterMs))
            wait = minOf(wait * 2, 15_000)
        }
    }
}
